package importer_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// patch is a request that a row comes to.
type patch struct {
	url, body, fingerprint string
	cells                  []string
}

// readPatches reads the rows of a file by the default mapping.
func readPatches(b *testing.B, path, server string) (header []string, patches []patch) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	m, err := mapping.Spec{}.Compile(rows[0])
	if err != nil {
		b.Fatal(err)
	}
	for _, cells := range rows[1:] {
		c, problems := m.Change(cells)
		if problems != nil {
			b.Fatal(problems)
		}
		patches = append(patches, patch{server + sandbox.EnrollmentsPath + "/" + c.SourcedID, string(c.Body()), c.Fingerprint(), cells})
	}
	return rows[0], patches
}

// patchHeaders are those of the program, with the stub's token.
var patchHeaders = [][2]string{
	{"Authorization", "Bearer stub"}, {"Accept", "application/json"},
	{"Content-Type", "application/json"}, {"User-Agent", "rosterpatch/1.2.3"},
}

// sendBare sends the patches with net/http and nothing else.
func sendBare(b *testing.B, patches []patch, workers int) {
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	queue := make(chan patch)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for p := range queue {
				r, err := http.NewRequest(http.MethodPatch, p.url, strings.NewReader(p.body))
				if err != nil {
					b.Error(err)
					continue
				}
				for _, h := range patchHeaders {
					r.Header.Set(h[0], h[1])
				}
				answer, err := client.Do(r)
				if err != nil {
					b.Error(err)
					continue
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		})
	}
	for _, p := range patches {
		queue <- p
	}
	close(queue)
	wg.Wait()
}

// curlConfig writes the patches for curl, and is "" where there is no curl.
func curlConfig(b *testing.B, patches []patch) string {
	b.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		b.Log("there is no curl to compare with")
		return ""
	}
	var config strings.Builder
	for i, p := range patches {
		if i > 0 {
			config.WriteString("next\n")
		}
		config.WriteString("url = " + strconv.Quote(p.url) + "\nrequest = PATCH\ndata = " + strconv.Quote(p.body) + "\noutput = /dev/null\nwrite-out = \"%{http_code}\\n\"\n")
		for _, h := range patchHeaders {
			config.WriteString("header = " + strconv.Quote(h[0]+": "+h[1]) + "\n")
		}
	}
	path := filepath.Join(b.TempDir(), "curl.config")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func sendCurl(b *testing.B, config string, patches, workers int) {
	b.Helper()
	curl := exec.Command("curl", "--parallel", "--parallel-immediate", "--parallel-max", strconv.Itoa(workers), "--config", config)
	statuses, err := curl.Output() // its progress goes to standard error
	if taken := bytes.Count(statuses, []byte("200")); err != nil || taken != patches {
		b.Fatalf("curl: %v; %d of %d requests were answered 200", err, taken, patches)
	}
}

// readBare reads a file with encoding/csv alone.
func readBare(b *testing.B, path string) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for r := csv.NewReader(f); ; {
		if _, err := r.Read(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// writeReport is the report of a run that brought the rows of the file to the
// server, but for some that failed.
func writeReport(b *testing.B, path string, failed func(row int) bool) string {
	b.Helper()
	header, patches := readPatches(b, path, "")
	name := filepath.Join(b.TempDir(), "last.report.csv")
	w, err := report.Create(name, header, report.CreateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for i, p := range patches {
		l := report.Line{Line: i + 2, Outcome: report.Updated, HTTPStatus: http.StatusOK, Attempts: 1, FinishedAt: time.Now(), Fingerprint: p.fingerprint, Cells: p.cells}
		if failed(i) {
			l.Outcome, l.HTTPStatus = report.Failed, http.StatusInternalServerError
		}
		if err := w.Add(l); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// peakMemory watches the memory of this process, what the runtime holds of it for
// later included, and tells the most there was, in MiB.
func peakMemory(b *testing.B) (peak func() float64) {
	debug.FreeOSMemory()
	stop, highest := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var most uint64
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64()-sample[1].Value.Uint64())
			select {
			case <-tick.C:
			case <-stop:
				highest <- most
				return
			}
		}
	}()
	return func() float64 {
		close(stop)
		return float64(<-highest) / (1 << 20)
	}
}

// heldAtSend is how much memory a run holds, in bytes, while it waits for a server
// that takes seconds to answer the first of its rows. It goes no further.
func heldAtSend(b *testing.B, o importer.Options) int64 {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	live, told := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}, 0
	o.Workers = 1
	o.Progress = func(importer.Progress) {
		if told++; told != 5 { // by then the run stands still
			return
		}
		runtime.GC()
		runtime.GC()
		metrics.Read(live)
		stop()
	}
	if _, err := importer.Run(ctx, o); err == nil {
		b.Fatal("the run did not stop")
	}
	return int64(live[0].Value.Uint64())
}
