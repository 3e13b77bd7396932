package main

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/bench"
)

// someResults are one figure whose subjects are points, and a series of two.
func someResults() []bench.Result {
	ns := bench.Quantity{Name: "time", Unit: "ns"}
	half := 0.5
	row := func(subject string, x, median float64, ratio *float64) bench.Row {
		return bench.Row{Subject: subject, X: x, Of: ns, Median: median, Ratio: ratio}
	}
	series := func(at float64) bench.Result {
		return bench.Result{
			Name: "pipe/one-way", Baseline: "peer", X: "bytes", Series: "pipe", At: at,
			Rows:     []bench.Row{row("ipc", 0, at, &half), row("peer", 0, 2*at, nil)},
			Verdicts: []bench.Verdict{{Target: "time ≤ 0.4 × peer", Value: 0.5, Limit: 0.4}},
		}
	}
	return []bench.Result{
		{Name: "wait/signalled", X: "objects", Rows: []bench.Row{row("ipc", 1, 70, nil), row("ipc", 64, 4000, nil)}},
		series(64),
		series(1 << 20),
	}
}

func TestPlots(t *testing.T) {
	dir := t.TempDir()
	if err := draw(dir, someResults()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"wait-signalled": {"objects", "64"}, "pipe": {"peer", "1 MiB"}} {
		svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(svg), ">"+w+"<") {
				t.Errorf("no %q in the plot %s", w, name)
			}
		}
		f, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := png.Decode(f); err != nil {
			t.Errorf("%s: %v", f.Name(), err)
		}
	}
}

func TestMarkdown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.md")
	if err := writeMarkdown(path, bench.Report{Machine: bench.ThisMachine(), Results: someResults()}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| pipe/one-way | time ≤ 0.4 × peer | 0.5 | **missed** |",
		"| pipe/one-way | ipc | time | 64 ns | 0.5 |",
		"|  | peer | time | 128 ns | 1 |",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
