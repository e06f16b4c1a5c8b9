package oneroster

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client sends requests to one server. It sends each request once: what to do
// about an answer that settles nothing is the caller's business. Safe for
// concurrent use.
type Client struct {
	http        *http.Client
	tokens      *tokens
	enrollments string // URL of the collection, with the slash
	userAgent   string
	timeout     time.Duration
	secrets     *redactor
	now         func() time.Time
}

// The most that is read of an answer's body, in bytes.
const (
	recordLimit = 1 << 20
	listLimit   = 64 << 20
)

// Patch sends body to the enrollment. The id is escaped as one path segment. It
// must not be "", "." or "..": no escaping makes a segment of those.
// Cancelling ctx keeps the request from starting; one that has started is
// finished within the timeout, so that no row is left in doubt. Where there is no
// token at hand, one is fetched and the answer is Waited. An error means
// that no request can succeed: a *TokenError, a *ReachError of the token
// endpoint, or the cause of ctx's end.
func (c *Client) Patch(ctx context.Context, sourcedID string, body []byte) (Answer, error) {
	return c.send(ctx, http.MethodPatch, c.enrollments+segment(sourcedID), body, recordLimit)
}

// Get reads one enrollment; ParseRecord finds it in the answer's body. Its
// id and errors are Patch's.
func (c *Client) Get(ctx context.Context, sourcedID string) (Answer, error) {
	return c.send(ctx, http.MethodGet, c.enrollments+segment(sourcedID), nil, recordLimit)
}

// List reads a page of enrollments; ParsePage reads the answer's body. Its
// errors are Patch's.
func (c *Client) List(ctx context.Context, q Query) (Answer, error) {
	return c.send(ctx, http.MethodGet, c.enrollments+"?"+q.encode(), nil, listLimit)
}

// segment escapes an id as a path segment. A plus, which may stand in one as it
// is, is escaped too: some servers read it as a space.
func segment(sourcedID string) string {
	return strings.ReplaceAll(url.PathEscape(sourcedID), "+", "%2B")
}

// send makes one attempt. One that has to wait for a token is not sent: all that
// wait would go out at once when it comes, whatever the pace.
func (c *Client) send(ctx context.Context, method, address string, body []byte, limit int64) (Answer, error) {
	ready := c.tokens.ready()
	token, err := c.tokens.get(ctx)
	if err != nil || !ready {
		return Answer{Verdict: Waited}, err
	}
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
	defer cancel()
	var t trace
	request, err := http.NewRequestWithContext(t.attach(attempt, cancel), method, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	a := c.exchange(request, &t, limit).showable(c.secrets)
	a.Method = method
	switch a.Verdict {
	case Unauthorized:
		c.tokens.drop(token)
	case Stale: // what the server did to one idle connection, it will have done to all
		c.http.CloseIdleConnections()
	}
	return a, nil
}

// exchange sends the request and says what came of it.
func (c *Client) exchange(request *http.Request, t *trace, limit int64) Answer {
	response, err := c.http.Do(request)
	if err != nil {
		return t.judge(err)
	}
	defer response.Body.Close()
	r := reply{status: response.StatusCode, header: response.Header}
	r.body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		r.broken = "was cut short"
	case int64(len(r.body)) > limit:
		r.broken = "is longer than any this program reads"
	}
	return r.judge(c.now(), c.secrets)
}

// Query asks for enrollments in pages.
type Query struct {
	IDs    []string // only these, each Listable, and all of them fit for one address; nil: all
	Limit  int      // records a page, at most PageLimit
	Offset int
}

// PageLimit is the most records that the API puts on one page.
const PageLimit = 3000

// encode is the query string. Sorting by sourcedId keeps pages from overlapping.
func (q Query) encode() string {
	v := url.Values{
		"limit": {strconv.Itoa(q.Limit)}, "offset": {strconv.Itoa(q.Offset)},
		"sort": {"sourcedId"}, "orderBy": {"asc"},
	}
	if q.IDs != nil {
		v.Set("filter", "sourcedId@'"+strings.Join(q.IDs, ",")+"'")
	}
	return v.Encode()
}

// Listable reports whether an id can stand in the in-list filter, whose values
// are comma-separated inside single quotes.
func Listable(sourcedID string) bool { return !strings.ContainsAny(sourcedID, `,'"\ `) }
