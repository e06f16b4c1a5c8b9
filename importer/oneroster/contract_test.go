package oneroster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/sandbox"
)

const (
	tokenPath = "/oauth2/token"
	onePath   = "/ims/oneroster/rostering/v1p2/enrollments/{sourcedId}"
	listPath  = "/ims/oneroster/rostering/v1p2/enrollments/"
)

// contract judges requests and answers by openapi.yaml.
type contract struct{ doc *openapi3.T }

func loadContract(t testing.TB) contract {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(oneroster.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Fatal(err)
	}
	return contract{doc}
}

// input describes a request to an operation of the contract to kin-openapi.
func (c contract) input(r *http.Request, path string) *openapi3filter.RequestValidationInput {
	item := c.doc.Paths.Value(path)
	params := map[string]string{}
	if prefix, ok := strings.CutSuffix(path, "{sourcedId}"); ok {
		params["sourcedId"], _ = url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), prefix))
	}
	return &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      &routers.Route{Spec: c.doc, Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method)},
		Options: &openapi3filter.Options{
			AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
			IncludeResponseStatus: true,
			SkipSettingDefaults:   true,
		},
	}
}

// request returns what is wrong with a request, which can be sent afterwards.
func (c contract) request(r *http.Request, path string) error {
	return openapi3filter.ValidateRequest(r.Context(), c.input(r, path))
}

// body returns what is wrong with the body of a PATCH. A schema judges values, so
// that it is one JSON value in UTF-8 is asked first.
func (c contract) body(body []byte) error {
	if !json.Valid(body) || !utf8.Valid(body) {
		return errors.New("not one JSON value in UTF-8")
	}
	r := httptest.NewRequest("PATCH", one("e1"), bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return c.request(r, onePath)
}

// answer returns what is wrong with an answer to r.
func (c contract) answer(r *http.Request, path string, w *httptest.ResponseRecorder) error {
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: c.input(r, path),
		Status:                 w.Code,
		Header:                 w.Header(),
		Body:                   io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options:                c.input(r, path).Options,
	})
}

// server is a sandbox with a few enrollments and a token for it.
type server struct {
	*sandbox.Server
	authorization string
}

func newServer(t testing.TB, o sandbox.Options) server {
	t.Helper()
	s := server{Server: sandbox.New(o)}
	for _, r := range []sandbox.Record{
		{SourcedID: "e1", User: "u1", Class: "c1", School: "101", Primary: "true", BeginDate: "2026-08-17", Metadata: json.RawMessage(`{"goals":{"dailyXp":20}}`)},
		{SourcedID: "e/2", User: "u2", Class: "c1", School: "101", Role: "teacher", Status: "tobedeleted", Course: "k1"},
	} {
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	w := s.send(newTokenRequest("client_id=sandbox&client_secret=sandbox-secret"))
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &granted); err != nil || granted.Token == "" {
		t.Fatalf("no token: %d %s", w.Code, w.Body)
	}
	s.authorization = "Bearer " + granted.Token
	return s
}

func newTokenRequest(credentials string) *http.Request {
	r := httptest.NewRequest("POST", tokenPath, strings.NewReader("grant_type=client_credentials&"+credentials))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (s server) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s server) request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", s.authorization)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func one(id string) string { return strings.Replace(onePath, "{sourcedId}", url.PathEscape(id), 1) }

// TestContractAnswers holds every answer of the sandbox against the contract.
func TestContractAnswers(t *testing.T) {
	c := loadContract(t)
	const change = `{"enrollment":{"role":"student","metadata":{"goals":{"dailyXp":25}}}}`
	tests := []struct {
		name    string
		options sandbox.Options
		method  string
		target  string
		path    string
		body    string
		want    int
	}{
		{name: "patch answers the record", method: "PATCH", target: one("e1"), path: onePath, body: change, want: 200},
		{name: "patch answers an empty object", options: sandbox.Options{Answer: "empty"}, method: "PATCH", target: one("e1"), path: onePath, body: change, want: 200},
		{name: "patch answers a status", options: sandbox.Options{Answer: "status"}, method: "PATCH", target: one("e1"), path: onePath, body: change, want: 200},
		{name: "patch of an id with a slash", method: "PATCH", target: one("e/2"), path: onePath, body: change, want: 200},
		{name: "patch that is not JSON", method: "PATCH", target: one("e1"), path: onePath, body: `{`, want: 400},
		{name: "patch of nothing there", method: "PATCH", target: one("none"), path: onePath, body: change, want: 404},
		{name: "patch with a wrong value", method: "PATCH", target: one("e1"), path: onePath, body: `{"enrollment":{"role":"Student"}}`, want: 422},
		{name: "patch 403", options: sandbox.Options{Faults: map[string]float64{"403": 1}}, method: "PATCH", target: one("e1"), path: onePath, body: change, want: 403},
		{name: "patch 429", options: sandbox.Options{Faults: map[string]float64{"429": 1}}, method: "PATCH", target: one("e1"), path: onePath, body: change, want: 429},
		{name: "patch 500", options: sandbox.Options{Faults: map[string]float64{"500": 1}}, method: "PATCH", target: one("e1"), path: onePath, body: change, want: 500},
		{name: "patch with a revoked token", options: sandbox.Options{Faults: map[string]float64{"401": 1}}, method: "PATCH", target: one("e1"), path: onePath, body: change, want: 401},
		{name: "get", method: "GET", target: one("e1"), path: onePath, want: 200},
		{name: "get with nulls and a course", method: "GET", target: one("e/2"), path: onePath, want: 200},
		{name: "get of nothing there", method: "GET", target: one("none"), path: onePath, want: 404},
		{name: "get of an id that cannot be", method: "GET", target: one("a\x01"), path: onePath, want: 400},
		{name: "list", method: "GET", target: listPath, path: listPath, want: 200},
		{name: "list by ids", method: "GET", target: listPath + "?limit=3000&filter=" + url.QueryEscape("sourcedId@'e1,e/2'"), path: listPath, want: 200},
		{name: "list past the end", method: "GET", target: listPath + "?offset=9&sort=role&orderBy=desc", path: listPath, want: 200},
		{name: "list with a limit too high", method: "GET", target: listPath + "?limit=3001", path: listPath, want: 400},
		{name: "list by a relation", method: "GET", target: listPath + "?filter=" + url.QueryEscape("user.sourcedId='u1'"), path: listPath, want: 400},
		{name: "list with a revoked token", options: sandbox.Options{Faults: map[string]float64{"401": 1}}, method: "GET", target: listPath, path: listPath, want: 401},
		{name: "list 429", options: sandbox.Options{Faults: map[string]float64{"429": 1}, RetryAfter: "Wed, 21 Oct 2026 07:28:00 GMT"}, method: "GET", target: listPath, path: listPath, want: 429},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.options)
			r := s.request(tt.method, tt.target, tt.body)
			w := s.send(r)
			if w.Code != tt.want {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if err := c.answer(r, tt.path, w); err != nil {
				t.Errorf("%v\n%s", err, w.Body)
			}
		})
	}
}

// TestContractToken does the same for the token endpoint.
func TestContractToken(t *testing.T) {
	c := loadContract(t)
	for _, tt := range []struct {
		name        string
		options     sandbox.Options
		credentials string
		want        int
	}{
		{"granted", sandbox.Options{}, "client_id=sandbox&client_secret=sandbox-secret", 200},
		{"granted without expires_in", sandbox.Options{ExpiresIn: "none"}, "client_id=sandbox&client_secret=sandbox-secret", 200},
		{"stray white space", sandbox.Options{}, "client_id=sandbox&client_secret=sandbox-secret%0A", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.options)
			r := newTokenRequest(tt.credentials)
			if err := c.request(r, tokenPath); err != nil {
				t.Error(err)
			}
			w := s.send(r)
			if w.Code != tt.want {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if err := c.answer(r, tokenPath, w); err != nil {
				t.Errorf("%v\n%s", err, w.Body)
			}
		})
	}
}

// patchBodies are bodies of a PATCH, and whether the API takes them.
var patchBodies = []struct {
	body string
	good bool
}{
	{`{"enrollment":{"status":"active"}}`, true},
	{`{"enrollment":{"status":"tobedeleted","role":"proctor","primary":true,"beginDate":"2026-08-17","endDate":"2027-06-10","user":{"sourcedId":"u1"},"class":{"sourcedId":"c1"},"school":{"sourcedId":"101"},"metadata":{"seat":"12"}}}`, true},
	{`{"enrollment":{"primary":"false"}}`, true},
	{`{"enrollment":{"endDate":"2028-02-29"}}`, true},
	{`{"enrollment":{"metadata":{}}}`, true},
	{`{"enrollment":{"metadata":{"goals":{"dailyXp":25.50,"dailyAccuracy":-1e-3},"metrics":{"courseType":"base","isSupplemental":false,"totalXp":0}}}}`, true},
	{`{"enrollment":{"metadata":{"x":{"y":[null,1,"a",{"z":true}]},"n":null}}}`, true},
	{` { "enrollment" : { "role" : "teacher" } } `, true},
	{``, false},
	{`{`, false},
	{`null`, false},
	{`[]`, false},
	{`{}`, false},
	{`{"enrollment":{}}`, false},
	{`{"enrollment":null}`, false},
	{`{"enrollment":[]}`, false},
	{`{"enrollment":{"role":"student"},"x":1}`, false},
	{`{"enrollment":{"role":"student"}} {}`, false},
	{`{"Enrollment":{"role":"student"}}`, false},
	{`{"enrollment":{"Role":"student"}}`, false},
	{`{"enrollment":{"sourcedId":"e1"}}`, false},
	{`{"enrollment":{"dateLastModified":"2026-08-17T00:00:00Z"}}`, false},
	{`{"enrollment":{"status":"inactive"}}`, false},
	{`{"enrollment":{"status":["active"]}}`, false},
	{`{"enrollment":{"role":"ext:coach"}}`, false},
	{`{"enrollment":{"role":null}}`, false},
	{`{"enrollment":{"primary":"TRUE"}}`, false},
	{`{"enrollment":{"primary":1}}`, false},
	{`{"enrollment":{"endDate":"2027-02-29"}}`, false},
	{`{"enrollment":{"endDate":"2027-6-1"}}`, false},
	{`{"enrollment":{"endDate":"2027-06-10T00:00:00Z"}}`, false},
	{`{"enrollment":{"endDate":""}}`, false},
	{`{"enrollment":{"endDate":null}}`, false},
	{`{"enrollment":{"user":"u1"}}`, false},
	{`{"enrollment":{"user":{}}}`, false},
	{`{"enrollment":{"user":{"sourcedId":""}}}`, false},
	{`{"enrollment":{"user":{"sourcedId":7}}}`, false},
	{`{"enrollment":{"user":{"sourcedId":"u1","type":"user"}}}`, false},
	{`{"enrollment":{"metadata":"x"}}`, false},
	{`{"enrollment":{"metadata":{"goals":{"dailyXP":1}}}}`, false},
	{`{"enrollment":{"metadata":{"goals":{"dailyXp":"25"}}}}`, false},
	{`{"enrollment":{"metadata":{"goals":null}}}`, false},
	{`{"enrollment":{"metadata":{"metrics":{"isSupplemental":"true"}}}}`, false},
	{`{"enrollment":{"metadata":{"metrics":{"courseType":1}}}}`, false},
}

// TestContractBodies holds that the contract and the sandbox both take the bodies
// they should and refuse the others, and that the sandbox stores nothing of those.
func TestContractBodies(t *testing.T) {
	c := loadContract(t)
	for _, tt := range patchBodies {
		t.Run(tt.body, func(t *testing.T) {
			s := newServer(t, sandbox.Options{})
			before := s.Snapshot()
			r := s.request("PATCH", one("e1"), tt.body)
			r.Header.Set("Content-Type", "application/json")
			if err := c.body([]byte(tt.body)); (err == nil) != tt.good {
				t.Errorf("the contract says %v", err)
			}
			w := s.send(r)
			if (w.Code == http.StatusOK) != tt.good {
				t.Errorf("the sandbox says %d %s", w.Code, w.Body)
			}
			if !tt.good && !bytes.Equal(before, s.Snapshot()) {
				t.Error("the sandbox stored a body it refused")
			}
			if err := c.answer(r, onePath, w); err != nil {
				t.Errorf("the answer: %v\n%s", err, w.Body)
			}
		})
	}
}

// FuzzContractBodies holds that contract and sandbox judge any body alike: two
// judges, written apart, neither looser than the other.
func FuzzContractBodies(f *testing.F) {
	for _, tt := range patchBodies {
		f.Add([]byte(tt.body))
	}
	c := loadContract(f)
	s := newServer(f, sandbox.Options{})
	f.Fuzz(func(t *testing.T, body []byte) {
		r := s.request("PATCH", one("e1"), string(body))
		r.Header.Set("Content-Type", "application/json")
		byContract := c.body(body)
		w := s.send(r)
		if taken := w.Code == http.StatusOK; taken != (byContract == nil) {
			t.Errorf("%q: the sandbox says %d %s, the contract %v", body, w.Code, w.Body, byContract)
		}
		if err := c.answer(r, onePath, w); err != nil {
			t.Errorf("%q: the answer: %v", body, err)
		}
	})
}
