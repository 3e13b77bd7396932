package bench

import (
	"fmt"
	"io"
	"strings"
)

// Format writes a value with three digits that count and its unit.
func Format(v float64, unit string) string {
	switch unit {
	case "ns":
		return scaled(v, 1000, "ns", "µs", "ms", "s")
	case "1/s":
		return scaled(v, 1000, "/s", "k/s", "M/s", "G/s")
	case "B":
		return scaled(v, 1024, "B", "KiB", "MiB", "GiB")
	}
	return strings.TrimSpace(fmt.Sprintf("%.4g %s", v, unit))
}

func scaled(v, step float64, units ...string) string {
	i := 0
	for (v >= step || v <= -step) && i < len(units)-1 {
		v /= step
		i++
	}
	return fmt.Sprintf("%.3g %s", v, units[i])
}

// A Table writes results as text, one line for each quantity of each subject,
// one for each target.
type Table struct {
	out io.Writer
	err error
}

const tableColumns = "  %-34s %-18s %12s %12s %10s\n"

// NewTable begins a table.
func NewTable(out io.Writer, m Machine) *Table {
	t := &Table{out: out}
	t.print("%s\n\n", m)
	t.print(tableColumns, "", "quantity", "median", "worst round", "× baseline")
	return t
}

func (t *Table) print(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.out, format, args...)
	}
}

// Add writes a result.
func (t *Table) Add(r Result) {
	t.print("%s: %s\n", r.Name, r.What)
	for _, row := range r.Rows {
		t.print(tableColumns, row.Key(), row.Of.Name, Format(row.Median, row.Of.Unit), Format(row.Worst, row.Of.Unit), r.RatioOf(row))
	}
	for _, v := range r.Verdicts {
		t.print("  %s: %s (%s)\n", verdictWord(v), v.Target, Format(v.Value, v.Unit))
	}
	if r.Error != "" {
		t.print("  FAILED: %s\n", r.Error)
	}
}

// RatioOf writes the ratio of a row to its baseline, if there is one.
func (r Result) RatioOf(row Row) string {
	switch {
	case row.Ratio != nil:
		return fmt.Sprintf("%.3g", *row.Ratio)
	case row.Subject == r.Baseline:
		return "1"
	}
	return ""
}

func verdictWord(v Verdict) string {
	if v.Met {
		return "met"
	}
	return "MISSED"
}

// End counts the verdicts.
func (t *Table) End(results []Result) error {
	var met, missed, failed int
	for _, r := range results {
		for _, v := range r.Verdicts {
			if v.Met {
				met++
			} else {
				missed++
			}
		}
		if r.Error != "" {
			failed++
		}
	}
	t.print("%d figures, %d targets met, %d missed, %d figures failed\n", len(results), met, missed, failed)
	return t.err
}
