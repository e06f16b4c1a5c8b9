package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"rosterpatch/importer/sandbox"
)

// A PATCH whose answer is lost has still changed the record, and the log says so.
func Example() {
	s := sandbox.New(sandbox.Options{
		Fault: func(q sandbox.Request) string { return map[string]string{"PATCH": "lost"}[q.Method] },
		Now:   func() time.Time { return time.Date(2026, 8, 17, 2, 0, 0, 0, time.UTC) },
		Log:   os.Stdout,
	})
	if err := s.Put(sandbox.Record{SourcedID: "e1", Role: "student"}); err != nil {
		fmt.Println(err)
		return
	}

	r := httptest.NewRequest("POST", sandbox.TokenPath, strings.NewReader("grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var token struct {
		Text string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil {
		fmt.Println(err)
		return
	}

	r = httptest.NewRequest("PATCH", sandbox.EnrollmentsPath+"/e1", strings.NewReader(`{"enrollment":{"role":"teacher"}}`))
	r.Header.Set("Authorization", "Bearer "+token.Text)
	r.Header.Set("Content-Type", "application/json")
	func() {
		defer func() { fmt.Println("no answer:", recover() == http.ErrAbortHandler) }()
		s.ServeHTTP(httptest.NewRecorder(), r)
	}()
	held, _ := s.Get("e1")
	fmt.Println("the record holds:", held.Role)

	// Output:
	// {"seq":1,"requestId":"sandbox-1","time":"2026-08-17T02:00:00Z","tookMs":0,"method":"POST","path":"/oauth2/token","nth":1,"token":1,"status":200,"applied":false}
	// {"seq":2,"requestId":"sandbox-2","time":"2026-08-17T02:00:00Z","tookMs":0,"method":"PATCH","path":"/ims/oneroster/rostering/v1p2/enrollments/e1","sourcedId":"e1","nth":1,"token":1,"body":{"enrollment":{"role":"teacher"}},"status":0,"applied":true,"change":1,"fault":"lost"}
	// no answer: true
	// the record holds: teacher
}
