package sandbox

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// delivery says how much of an answer reaches the client.
type delivery int

const (
	whole delivery = iota
	half           // the connection is cut in the middle of the body
	lose           // the connection is closed without an answer
)

// answer is what a request is answered with. The zero contentType is JSON.
type answer struct {
	status      int
	contentType string
	header      [2]string // one more header: name and value
	body        []byte
	delivery    delivery
}

// send writes the answer, or as much of it as its delivery says.
func (a answer) send(w http.ResponseWriter, requestID string) {
	if a.delivery == lose {
		panic(http.ErrAbortHandler) // net/http's way to close without an answer
	}
	h := w.Header()
	h["X-Request-Id"] = []string{requestID}
	h["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	if a.header[0] != "" {
		h.Set(a.header[0], a.header[1])
	}
	if a.contentType == "" {
		a.contentType = "application/json"
	}
	if len(a.body) > 0 {
		h["Content-Type"] = []string{a.contentType}
	}
	w.WriteHeader(a.status)
	if a.delivery == half {
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(a.body)
}

// codeMinors are the imsx minor codes of the statuses the API documents.
var codeMinors = map[int]string{
	http.StatusBadRequest:          "invaliddata",
	http.StatusUnauthorized:        "unauthorisedrequest",
	http.StatusForbidden:           "forbidden",
	http.StatusNotFound:            "unknownobject",
	http.StatusUnprocessableEntity: "invaliddata",
	http.StatusTooManyRequests:     "server_busy",
	http.StatusInternalServerError: "internal_server_error",
}

// imsxStatus is the body of an error, and of a success told as a status, as the API
// documents it.
type imsxStatus struct {
	CodeMajor   string              `json:"imsx_codeMajor"`
	Severity    string              `json:"imsx_severity"`
	Description string              `json:"imsx_description"`
	CodeMinor   imsxCodeMinor       `json:"imsx_CodeMinor"`
	Details     []map[string]string `json:"imsx_error_details,omitempty"`
}

type imsxCodeMinor struct {
	Field []imsxCodeMinorField `json:"imsx_codeMinorField"`
}

type imsxCodeMinorField struct {
	Name  string `json:"imsx_codeMinorFieldName"`
	Value string `json:"imsx_codeMinorFieldValue"`
}

func imsx(major, severity, description, minor string, details ...map[string]string) []byte {
	body, err := json.Marshal(imsxStatus{
		CodeMajor: major, Severity: severity, Description: description,
		CodeMinor: imsxCodeMinor{[]imsxCodeMinorField{{"TargetEndSystem", minor}}},
		Details:   details,
	})
	if err != nil {
		panic(err) // strings always marshal
	}
	return body
}

// failure is an imsx error. Statuses the API does not document carry the minor code
// of a bad request.
func failure(status int, description string, details ...map[string]string) answer {
	minor, ok := codeMinors[status]
	if !ok {
		minor = codeMinors[http.StatusBadRequest]
	}
	return answer{status: status, body: imsx("failure", "error", description, minor, details...)}
}

// notAllowed is a 405 that names the methods the address knows.
func notAllowed(methods string) answer {
	a := failure(http.StatusMethodNotAllowed, "allowed here: "+methods)
	a.header = [2]string{"Allow", methods}
	return a
}

// withRetryAfter adds Retry-After to a 429 or 503, as Options.RetryAfter says; d is
// the true time to wait.
func (s *Server) withRetryAfter(a answer, d time.Duration) answer {
	if a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable {
		return a
	}
	switch s.o.RetryAfter {
	case "none":
	case "":
		a.header = [2]string{"Retry-After", strconv.Itoa(int(math.Ceil(d.Seconds())))}
	default:
		a.header = [2]string{"Retry-After", s.o.RetryAfter}
	}
	return a
}
