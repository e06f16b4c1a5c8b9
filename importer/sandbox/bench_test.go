package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rosterpatch/importer/sandbox"
)

// BenchmarkPatch is the cost of a PATCH without the network, of which the server
// must leave a client most of a core.
func BenchmarkPatch(b *testing.B) {
	s := sandbox.New(sandbox.Options{Open: true, Log: io.Discard})
	token := authorise(b, s)
	const body = `{"enrollment":{"status":"active","role":"student","endDate":"2027-06-10","user":{"sourcedId":"u1"},"metadata":{"goals":{"dailyXp":25.50},"seat":"12"}}}`
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		r := httptest.NewRequest("PATCH", sandbox.EnrollmentsPath+"/e"+fmt.Sprint(i%1000), strings.NewReader(body))
		r.Header.Set("Authorization", token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// BenchmarkServe is the same over loopback HTTP, with a client that shares the
// cores.
func BenchmarkServe(b *testing.B) {
	s := sandbox.New(sandbox.Options{Open: true, Log: io.Discard})
	live, err := s.Start("")
	if err != nil {
		b.Fatal(err)
	}
	defer live.Close()
	token := authorise(b, s)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	const body = `{"enrollment":{"role":"student","metadata":{"goals":{"dailyXp":25.50},"seat":"12"}}}`
	b.SetParallelism(5)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			r, _ := http.NewRequest("PATCH", live.URL+sandbox.EnrollmentsPath+"/e"+fmt.Sprint(i%1000), strings.NewReader(body))
			r.Header.Set("Authorization", token)
			r.Header.Set("Content-Type", "application/json")
			answer, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
