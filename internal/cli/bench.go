package cli

import (
	"context"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc/internal/bench"
)

func (a *app) benchCommand() *cobra.Command {
	var quick bool
	var only string
	var rounds int
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure what everything costs on this machine",
		Long: `Measure the operations, hand-offs and crowds of this package on this machine, and
hold them against its targets. It takes some minutes and uses namespaces of its own.
What else runs disturbs it. Comparisons with C and other packages are in the source
tree: ./scripts/bench.`,
		Example: `  ipc bench --quick            everything in a minute
  ipc bench --run '^hand-off'  some of it`,
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().BoolVar(&quick, "quick", false, "few rounds")
	c.Flags().StringVar(&only, "run", "", "measure only figures whose names match `REGEXP`")
	c.Flags().IntVar(&rounds, "rounds", 0, "measure `N` rounds")
	a.jsonFlag(c)
	return a.leaf(c, func(ctx context.Context, _ []string) error {
		pattern, err := regexp.Compile(only)
		switch {
		case err != nil:
			return usage("--run: %v", err)
		case rounds < 0:
			return usage("--rounds: it cannot be less than 0")
		case a.dir != "":
			return usage("bench makes namespaces of its own: leave --namespace out")
		}
		runner := &bench.Runner{Rounds: rounds, Only: pattern}
		if quick {
			runner.Effort = bench.Quick
		}
		return a.bench(ctx, runner)
	})
}

// bench measures and tells: each figure as it comes, or all as JSON at the end.
func (a *app) bench(ctx context.Context, runner *bench.Runner) (err error) {
	if runner.Command, err = os.Executable(); err != nil {
		return err
	}
	report := bench.Report{Machine: bench.ThisMachine()}
	var table *bench.Table
	if !a.json {
		table = bench.NewTable(a.plainly(a.out), report.Machine)
		runner.Tell = table.Add
	}
	report.Results = runner.Run(ctx, bench.Figures())
	if len(report.Results) == 0 && ctx.Err() == nil {
		return usage("--run %q: no figure has such a name; leave it out to see all", runner.Only)
	}
	if a.json {
		err = a.printJSON(report)
	} else {
		err = table.End(report.Results)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return a.interruption()
	}
	return bench.Failures(report.Results)
}

// plainly is out, or what makes the few characters of a table that are not
// ASCII fit for it.
func (a *app) plainly(out io.Writer) io.Writer {
	if styleOf(out).unicode {
		return out
	}
	return asciiTable{out}
}

type asciiTable struct{ out io.Writer }

var asciiOfTable = strings.NewReplacer("≤", "<=", "≥", ">=", "×", "x", "µ", "u")

func (t asciiTable) Write(p []byte) (int, error) {
	if _, err := asciiOfTable.WriteString(t.out, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
