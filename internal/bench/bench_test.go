//go:build linux || windows

package bench

import (
	"context"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ChildCommand {
		os.Exit(Child(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// BenchmarkFigures measures every figure that this package has, once for each
// iteration and with little effort: "ipc bench" is for numbers.
func BenchmarkFigures(b *testing.B) {
	for _, f := range Figures() {
		b.Run(f.Name, func(b *testing.B) {
			for b.Loop() {
				report(b, (&Runner{Effort: Once}).Measure(context.Background(), f))
			}
		})
	}
}

func report(b *testing.B, r Result) {
	if r.Error != "" {
		b.Fatal(r.Error)
	}
	if r.absent {
		b.Skip("there is nothing to measure it with")
	}
	if len(r.Rows) == 0 {
		b.Fatal("nothing was measured")
	}
	main := r.Rows[0]
	b.ReportMetric(main.Median, strings.ReplaceAll(main.Of.Unit+"-"+main.Of.Name, " ", ""))
}
