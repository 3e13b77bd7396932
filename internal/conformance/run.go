package conformance

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// An entry is one case.
type entry struct {
	id    string
	title string
	play  func(c *Case)
}

// entries lists the cases that are played on a Backend.
func entries() []entry {
	return slices.Concat(
		eventBasics, eventWaiters, eventMulti,
		mutexBasics, mutexContention, mutexAbandoned, mutexMulti, mutexLifetime,
		semaphores, semaphoreWaiters,
		timerBasics, timerExpiry,
		waitSingle, waitAny, waitAll, waitSignal, waitStress,
		nameBasics, nameForms, nameLifetime,
	)
}

// IDs lists the numbers of all cases, in the order of the document.
func IDs() []string {
	var ids []string
	for _, e := range slices.Concat(entries(), accessRights) {
		ids = append(ids, e.id)
	}
	slices.SortStableFunc(ids, func(a, b string) int { return group(a) - group(b) })
	return ids
}

// group is the place of a case's group in the document.
func group(id string) int {
	return slices.Index([]string{"EV", "MU", "SE", "TI", "WA", "NA", "AC"}, id[:2])
}

//go:embed ids.txt
var listed string

// Listed gives the numbers that the document has, whether there is a case for
// each or not.
func Listed() []string {
	var ids []string
	for line := range strings.Lines(listed) {
		if id, _, _ := strings.Cut(strings.TrimSpace(line), " "); id != "" && id[0] != '#' {
			ids = append(ids, id)
		}
	}
	return ids
}

// ListedOf gives those of one group.
func ListedOf(group string) []string {
	return slices.DeleteFunc(Listed(), func(id string) bool { return id[:2] != group })
}

// Run plays every case, as a subtest with its number, on a backend that open
// makes for it. With IPC_CONFORMANCE_REPORT it adds what became of each case
// to the file of that name.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	var report report
	t.Cleanup(func() { report.write(t) })
	for _, e := range entries() {
		t.Run(e.id, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { report.add(t, e) })
			b := open(t)
			if reason := b.Traits().Differs[e.id]; reason != "" {
				skip(t, reason)
			}
			c := newCase(t, b, e.id)
			e.play(c)
		})
	}
}

// A report collects what became of the cases.
type report struct {
	mu    sync.Mutex
	lines []string
}

var skips sync.Map // of *testing.T: the reasons

func (r *report) add(t *testing.T, e entry) {
	status := "pass"
	switch {
	case t.Failed():
		status = "FAIL"
	case t.Skipped():
		reason, _ := skips.Load(t)
		status = fmt.Sprintf("skip: %v", reason)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("%s\t%s\t%s", e.id, status, e.title))
}

func (r *report) write(t *testing.T) {
	file := os.Getenv("IPC_CONFORMANCE_REPORT")
	if file == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortFunc(r.lines, func(a, b string) int {
		if d := group(a) - group(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Errorf("the report: %v", err)
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "# %s\n%s\n", t.Name(), strings.Join(r.lines, "\n"))
}

// skip leaves a case out, and says why.
func skip(t *testing.T, reason string) {
	t.Helper()
	skips.Store(t, reason)
	t.Skip("SKIPPED: " + reason)
}
