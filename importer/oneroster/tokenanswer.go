package oneroster

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// tokenAnswers makes of what a token endpoint answers what package oauth2 can
// read: an object is JSON whatever it is called, and an expires_in that is no whole
// number, of which some servers send one, does not cost the token beside it.
type tokenAnswers struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t tokenAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, recordLimit))
	if err != nil {
		return nil, err
	}
	if o := object(body); o != nil {
		o["expires_in"] = wholeSeconds(text(o["expires_in"]))
		if body, err = json.Marshal(o); err != nil {
			return nil, err
		}
		response.Header.Set("Content-Type", "application/json")
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// wholeSeconds is a number of seconds as JSON, rounded down; null for what is none.
func wholeSeconds(text string) json.RawMessage {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if math.IsNaN(seconds) || err != nil && !math.IsInf(seconds, 0) { // ±Inf for what is out of range
		return json.RawMessage("null")
	}
	return strconv.AppendInt(nil, int64(min(max(seconds, math.MinInt32), math.MaxInt32)), 10)
}
