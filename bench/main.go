package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"

	"github.com/winsys-go/ipc/internal/bench"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == bench.ChildCommand {
		os.Exit(bench.Child(os.Args[2:]))
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	quick      bool
	only       string
	rounds     int
	json       string
	markdown   string
	plots      string
	ipcCommand string
}

func parse() options {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "few rounds: everything in a minute")
	flag.StringVar(&o.only, "run", "", "measure only the figures whose name matches `REGEXP`")
	flag.IntVar(&o.rounds, "rounds", 0, "measure `N` rounds")
	flag.StringVar(&o.json, "json", "", "write the results to `FILE`")
	flag.StringVar(&o.markdown, "markdown", "", "write the results as tables to `FILE`")
	flag.StringVar(&o.plots, "plots", "", "draw plots into `DIR`")
	flag.StringVar(&o.ipcCommand, "ipc", "", "the `PATH` of the command ipc, which one figure starts")
	flag.Parse()
	return o
}

func run() (err error) {
	o := parse()
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	c, why := buildBaseline()
	if why != nil {
		fmt.Fprintln(os.Stderr, "bench: without the peers in C:", why)
	} else {
		defer func() { err = errors.Join(err, c.close()) }()
	}
	machine := bench.ThisMachine()
	table := bench.NewTable(os.Stdout, machine)
	runner := bench.Runner{Rounds: o.rounds, Only: only, Command: o.ipcCommand, Tell: table.Add}
	if o.quick {
		runner.Effort = bench.Quick
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	results := runner.Run(ctx, bench.Join(bench.Figures(), peersOf(c)))
	err = errors.Join(table.End(results), o.write(bench.Report{Machine: machine, Results: results}))
	if ctx.Err() != nil {
		return errors.Join(err, errors.New("bench: interrupted"))
	}
	return errors.Join(err, bench.Failures(results))
}

// write writes the files that were asked for.
func (o options) write(report bench.Report) error {
	if o.json != "" {
		text, err := json.MarshalIndent(report, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.markdown != "" {
		if err := writeMarkdown(o.markdown, report); err != nil {
			return err
		}
	}
	if o.plots != "" {
		return draw(o.plots, report.Results)
	}
	return nil
}
