package importer_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/sandbox"
)

// benchServer is a server for benchmarks. It runs in a process of its own, so
// that its work and its memory are not taken for the program's.
type benchServer struct {
	Latency   time.Duration // of a PATCH
	Throttled bool          // every tenth PATCH is answered 429, with Retry-After: 1
	// Records makes it a sandbox that holds the enrollments of a roster of so many
	// rows, every hundredth with an earlier end; 0 is a stub that takes every PATCH.
	Records int
	// Crowded says that the list holds many more than Records, so that it is
	// cheaper to ask for those of a file by their ids.
	Crowded bool
}

// serverVariable is set, to a benchServer as JSON, for a test binary that is to
// serve.
const serverVariable = "ROSTERPATCH_BENCH_SERVER"

func TestMain(m *testing.M) {
	spec := os.Getenv(serverVariable)
	if spec == "" {
		m.Run()
		return
	}
	var s benchServer
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	handler := s.handler()
	fmt.Println("http://" + l.Addr().String())
	go http.Serve(l, handler)
	io.Copy(io.Discard, os.Stdin) // which ends with the process that started this one
}

// start runs the server until the benchmark ends.
func (s benchServer) start(b *testing.B) importer.Server {
	b.Helper()
	spec, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serverVariable+"="+string(spec))
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); server.Wait() })
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal("the server did not start: ", err)
	}
	url = strings.TrimSpace(url)
	return importer.Server{
		BaseURL: url, TokenURL: url + sandbox.TokenPath,
		ClientID: "sandbox", ClientSecret: "sandbox-secret", Timeout: 30 * time.Second,
	}
}

func (s benchServer) handler() http.Handler {
	if s.Records > 0 {
		return s.sandbox()
	}
	var patches atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == sandbox.TokenPath {
			io.WriteString(w, `{"access_token":"stub","token_type":"Bearer","expires_in":3600}`)
			return
		}
		time.Sleep(s.Latency)
		if s.Throttled && patches.Add(1)%10 == 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		io.WriteString(w, `{}`)
	})
}

func (s benchServer) sandbox() http.Handler {
	server := sandbox.New(sandbox.Options{})
	for i := range s.Records {
		r := enrolled(rosterID(i))
		if i%100 == 0 {
			r.EndDate = "2027-01-29"
		}
		if err := server.Put(r); err != nil {
			panic(err)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Crowded && strings.HasSuffix(r.URL.Path, "/") && !r.URL.Query().Has("filter") {
			fmt.Fprintf(w, `{"enrollments":[],"totalCount":%d}`, 1000*s.Records)
			return
		}
		server.ServeHTTP(w, r)
	})
}

func rosterID(i int) string { return fmt.Sprintf("enr-%07d", i) }

// roster writes a file of so many enrollments, 12 columns each, as enrolled has
// them, and returns its path.
func roster(b *testing.B, rows int) string {
	b.Helper()
	path := b.TempDir() + "/rows.csv"
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate,metadata.goals.dailyXp,metadata.sisId")
	for i := range rows {
		id := rosterID(i)
		fmt.Fprintf(w, "%s,active,2026-08-01T00:00:00.000Z,c1,s1,u-%s,student,true,2026-08-17,2027-06-11,10,x1\n", id, id)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}
