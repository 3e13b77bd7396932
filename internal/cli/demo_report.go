package cli

import (
	"fmt"
	"strings"
	"time"
)

// A demoReport tells the user how the steps go: a line each as they end, or
// one JSON object at the end.
type demoReport struct {
	app    *app
	style  style
	failed int
	err    error // of the output
	json   demoJSON
}

type demoJSON struct {
	OK        bool           `json:"ok"`
	Steps     []demoStepJSON `json:"steps"`
	Processes int            `json:"processes"`
	Seconds   float64        `json:"seconds"`
}

type demoStepJSON struct {
	Name    string `json:"name"`
	What    string `json:"what"`
	OK      bool   `json:"ok"`
	Result  string `json:"result,omitempty"`
	Error   string `json:"error,omitempty"`
	Figures any    `json:"figures,omitempty"`
}

func (a *app) newDemoReport() *demoReport {
	return &demoReport{app: a, style: styleOf(a.out)}
}

func (r *demoReport) print(format string, args ...any) {
	if !r.app.json && r.err == nil {
		_, r.err = fmt.Fprintf(r.app.out, format+"\n", args...)
	}
}

func (r *demoReport) begin(d *demo) {
	r.print("%s", r.style.bold("Processes that share events, mutexes, semaphores and timers"))
	r.print(demoPlace+": no server, no daemon.\n", d.ns.Dir())
}

func (r *demoReport) step(s demoStep, f finding, err error) error {
	j := demoStepJSON{Name: s.name, What: s.what, OK: err == nil, Figures: f.figures}
	if err != nil {
		r.failed++
		j.Error = err.Error()
		r.line(r.style.cross(), s, j.Error)
	} else {
		j.Result = f.words(style{})
		r.line(r.style.tick(), s, f.words(r.style))
	}
	r.json.Steps = append(r.json.Steps, j)
	return r.err
}

// line prints a step in columns: its sign, name, what was done and the result.
func (r *demoReport) line(sign string, s demoStep, result string) {
	r.print("  %s %s %-30s %s", sign, r.style.bold(fmt.Sprintf("%-9s", s.name)), s.what, strings.ReplaceAll(result, "\n", ": "))
}

func (r *demoReport) end(d *demo, took time.Duration) error {
	r.json.OK = r.failed == 0
	r.json.Processes = d.started
	r.json.Seconds = took.Round(time.Millisecond).Seconds()
	if r.app.json {
		if err := r.app.printJSON(r.json); err != nil {
			return err
		}
	}
	if r.failed > 0 {
		return fmt.Errorf("demo: %d of %d steps failed", r.failed, len(demoSteps))
	}
	r.print("\n%s with %d processes in %.1f s. Nothing is left behind.\n", r.style.bold("All passed"), d.started, took.Seconds())
	r.print("Now try:")
	for _, t := range demoNext {
		r.print("  %-45s %s", t.command, t.effect)
	}
	return r.err
}

// demoNext is what to try next.
var demoNext = []struct{ command, effect string }{
	{"ipc mutex run deploy -- make deploy", "one deployment at a time on this machine"},
	{"ipc semaphore run encode --max 2 -- ./encode", "at most two at once"},
	{"ipc event wait ready --create --timeout 30s", "until somebody runs: ipc event set ready"},
	{"ipc ls", "who holds what, and who waits"},
}
