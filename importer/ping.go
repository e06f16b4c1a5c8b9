package importer

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"rosterpatch/importer/oneroster"
)

// Pong is what a ping has found.
type Pong struct {
	BaseURL     string
	Enrollments int           // that this client can see; 0 if the server does not say
	Took        time.Duration // token and read together
}

// Ping proves URL, credentials and the permission to read with one token and
// one read. That the client may change enrollments only a change can show. It
// ends at once when ctx does.
func Ping(ctx context.Context, o Options) (Pong, error) {
	if err := o.checkTimeout(); err != nil {
		return Pong{}, err
	}
	o.Workers, o.Retries = 1, 0
	client, err := oneroster.New(o.server())
	if err != nil {
		return Pong{}, usage(err)
	}
	began := time.Now()
	var a oneroster.Answer
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		a.Verdict = oneroster.Waited
		for err == nil && a.Verdict == oneroster.Waited { // the first time, for the token
			a, err = client.List(ctx, oneroster.Query{Limit: 1})
		}
	}()
	select {
	case <-ctx.Done():
		return Pong{}, context.Cause(ctx)
	case <-answered:
	}
	if err != nil {
		return Pong{}, err
	}
	p := Pong{BaseURL: o.Server.BaseURL, Took: time.Since(began)}
	switch a.Verdict {
	case oneroster.Accepted:
		page, err := oneroster.ParsePage(a.Body)
		if err != nil {
			return p, &ReachError{Where: "server", Cause: fmt.Sprintf("%v; is the base URL right?", err)}
		}
		p.Enrollments = page.TotalCount
		return p, nil
	case oneroster.Unauthorized, oneroster.Forbidden:
		return p, &PermissionError{Status: a.Status, InARow: 1, IMSX: a.IMSX}
	case oneroster.Refused:
		why := a.Message
		if why == "" {
			why = fmt.Sprintf("the server answers %d %s to a list of enrollments", a.Status, http.StatusText(a.Status))
		}
		return p, &UsageError{"--base-url", o.Server.BaseURL, "does not lead to a OneRoster server: " + why}
	}
	why := a.Message
	if why == "" {
		why = fmt.Sprintf("it answers %d %s", a.Status, http.StatusText(a.Status))
	}
	return p, &ReachError{Where: "server", Cause: why}
}
