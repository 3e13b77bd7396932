package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/winsys-go/ipc/internal/bench"
)

// writeMarkdown writes the report as two tables: what was promised, and what
// was measured.
func writeMarkdown(path string, report bench.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n\n", report.Machine)
	b.WriteString("| figure | target | this run | |\n|-|-|-|-|\n")
	for _, r := range report.Results {
		for _, v := range r.Verdicts {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.Name, v.Target, bench.Format(v.Value, v.Unit), verdict(v))
		}
	}
	b.WriteString("\n| figure | subject | quantity | median | × baseline |\n|-|-|-|-|-|\n")
	for _, r := range report.Results {
		for i, row := range r.Rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
				onlyFirst(i, r.Name), row.Key(), row.Of.Name, bench.Format(row.Median, row.Of.Unit), r.RatioOf(row))
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

func verdict(v bench.Verdict) string {
	if v.Met {
		return "met"
	}
	return "**missed**"
}

// onlyFirst is the name, in the first of its rows.
func onlyFirst(row int, name string) string {
	if row > 0 {
		return ""
	}
	return name
}
