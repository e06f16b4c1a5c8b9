package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// patch carries out a PATCH of one enrollment.
func (s *Server) patch(q *Request, r *http.Request, id string, body []byte, bodyErr error) answer {
	var tooLarge *http.MaxBytesError
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case kind != "application/json":
		return failure(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
	case errors.As(bodyErr, &tooLarge):
		return failure(http.StatusRequestEntityTooLarge, "the body is over 1 MiB")
	case bodyErr != nil:
		return failure(http.StatusBadRequest, "the body could not be read")
	}
	change, a := readPatch(body)
	if change == nil {
		return a
	}
	record, number := s.store.update(id, func(r *Record) { r.apply(change, s.o) })
	if number == 0 {
		return failure(http.StatusNotFound, "no enrollment "+id)
	}
	q.Applied, q.Change = true, number
	a = answer{status: http.StatusOK}
	switch s.o.Answer {
	case "record":
		a.body = envelope(record, r.Host)
	case "empty":
		a.body = []byte("{}")
	case "status":
		a.body = imsx("success", "status", "the enrollment is updated", "fullsuccess")
	}
	return a
}

// readPatch returns the enrollment of a PATCH body, or nil and the answer that
// refuses it: 400 when it is not JSON, 422 when it is not what the API takes.
func readPatch(body []byte) (map[string]any, answer) {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	err := d.Decode(&v)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("something follows the JSON value")
	}
	if err == nil && !utf8.Valid(body) {
		err = errors.New("it is not UTF-8")
	}
	if err != nil {
		return nil, failure(http.StatusBadRequest, "the body is not JSON: "+err.Error())
	}
	var wrong []map[string]string
	patchBody("", v, func(path, message string) {
		wrong = append(wrong, map[string]string{"field": strings.TrimPrefix(path, "."), "message": message})
	})
	if len(wrong) > 0 {
		return nil, failure(http.StatusUnprocessableEntity, wrong[0]["field"]+" "+wrong[0]["message"], wrong...)
	}
	return v.(map[string]any)["enrollment"].(map[string]any), answer{}
}
