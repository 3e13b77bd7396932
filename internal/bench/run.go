package bench

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// An Effort says how much is measured.
type Effort int

const (
	Full  Effort = iota
	Quick        // all figures in a minute
	Once         // to see that everything still runs; the numbers mean little
)

// A Runner measures figures.
type Runner struct {
	Effort Effort
	Rounds int            // 0: what the effort suggests
	Only   *regexp.Regexp // of the figures' names; nil: all
	// Command is the path of the command ipc, which one figure starts; ""
	// leaves that figure out.
	Command string
	// Tell, if not nil, hears of every result as it comes.
	Tell func(Result)
}

func (r *Runner) rounds(f Figure) int {
	switch {
	case r.Effort == Once:
		return 1
	case f.Rounds > 0 && r.Effort == Full:
		return f.Rounds
	case r.Rounds > 0:
		return r.Rounds
	case f.Rounds > 0:
		return max(f.Rounds/4, 1)
	case r.Effort == Quick:
		return 3
	}
	return 7
}

// Run measures the figures one after the other, until ctx is done.
func (r *Runner) Run(ctx context.Context, figures []Figure) []Result {
	var all []Result
	for _, f := range figures {
		if ctx.Err() != nil {
			break
		}
		if r.Only != nil && !r.Only.MatchString(f.Name) {
			continue
		}
		result := r.Measure(ctx, f)
		if result.absent {
			continue
		}
		all = append(all, result)
		if r.Tell != nil {
			r.Tell(result)
		}
	}
	return all
}

// Measure measures one figure.
func (r *Runner) Measure(ctx context.Context, f Figure) (result Result) {
	begin := time.Now()
	result = Result{Name: f.Name, What: f.What, Baseline: f.Baseline, X: f.X, Series: f.Series, At: f.At}
	s := &Stage{effort: r.Effort, command: r.Command}
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case absence:
			result.absent = true
		default:
			result.Error = fmt.Sprint(failure)
		}
		if err := s.close(); err != nil && result.Error == "" {
			result.Error = err.Error()
		}
		result.Seconds = time.Since(begin).Seconds()
	}()
	if runtime.GOOS != "linux" {
		f.Targets = nil // they are Linux's: elsewhere all is for information
	}
	if f.Sized && r.Effort != Full {
		f.Targets = nil
		result.What += " (here on a smaller scale)"
		if f.Series != "" {
			result.X = "" // nothing to plot: it would be in the wrong place
		}
	}
	subjects := f.Setup(s)
	if r.Effort == Full && f.Rounds == 0 {
		measureRound(subjects) // to warm up: its numbers count for nothing
	}
	var rounds []Round
	for range r.rounds(f) {
		if ctx.Err() != nil {
			break
		}
		rounds = append(rounds, measureRound(subjects))
		// The next round begins with another, so that none always profits or
		// suffers from who came before.
		subjects = append(subjects[1:len(subjects):len(subjects)], subjects[0])
	}
	result.add(f, subjects, rounds)
	return result
}

func measureRound(subjects []Subject) Round {
	r := Round{}
	for _, s := range subjects {
		r[s.Key()] = s.Measure()
	}
	return r
}

// A Result is what was measured of a figure.
type Result struct {
	Name     string    `json:"name"`
	What     string    `json:"what"`
	Baseline string    `json:"baseline,omitempty"`
	Rows     []Row     `json:"rows"`
	Verdicts []Verdict `json:"verdicts,omitempty"`
	Error    string    `json:"error,omitempty"`
	X        string    `json:"x,omitempty"`
	Series   string    `json:"series,omitempty"`
	At       float64   `json:"at,omitempty"`
	Seconds  float64   `json:"seconds"`

	absent bool // nothing to measure it with
}

// Failures is an error if something could not be measured. A missed target is a
// result.
func Failures(results []Result) error {
	failed := 0
	for _, r := range results {
		if r.Error != "" {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("bench: %d of %d figures could not be measured", failed, len(results))
	}
	return nil
}

// A Row is one quantity of one subject.
type Row struct {
	Subject string    `json:"subject"`
	X       float64   `json:"x,omitempty"`
	Of      Quantity  `json:"quantity"`
	Median  float64   `json:"median"`
	Worst   float64   `json:"worst"`
	Ratio   *float64  `json:"ratio,omitempty"` // to the baseline, median of the rounds'
	Rounds  []float64 `json:"rounds"`
}

// Key is that of the row's subject.
func (r Row) Key() string { return key(r.Subject, r.X) }

func (result *Result) add(f Figure, subjects []Subject, rounds []Round) {
	slices.SortStableFunc(subjects, func(a, b Subject) int {
		return cmp.Or(rank(f, a)-rank(f, b), cmp.Compare(a.Name, b.Name), cmp.Compare(a.X, b.X))
	})
	for _, s := range subjects {
		for _, q := range f.Quantities {
			if row, ok := rowOf(f, s, q, rounds); ok {
				result.Rows = append(result.Rows, row)
			}
		}
	}
	for _, t := range f.Targets {
		if v, ok := t.judge(rounds); ok {
			result.Verdicts = append(result.Verdicts, v)
		}
	}
}

// rank orders the subjects of a table: ours, the baseline, all others.
func rank(f Figure, s Subject) int {
	switch {
	case strings.HasPrefix(s.Name, Ours):
		return 0
	case s.Name == f.Baseline:
		return 1
	}
	return 2
}

func rowOf(f Figure, s Subject, q Quantity, rounds []Round) (Row, bool) {
	row := Row{Subject: s.Name, X: s.X, Of: q}
	var ratios []float64
	for _, r := range rounds {
		v, ok := r.value(s.Key(), q.Name)
		if !ok {
			continue
		}
		row.Rounds = append(row.Rounds, v)
		if ratio, ok := r.ratio(q.Name, s.Key(), key(f.Baseline, s.X)); ok && s.Name != f.Baseline {
			ratios = append(ratios, ratio)
		}
	}
	if len(row.Rounds) == 0 {
		return row, false
	}
	row.Median, row.Worst = Median(row.Rounds), Max(row.Rounds)
	if q.Unit == "1/s" || q == leastShare {
		row.Worst = slices.Min(row.Rounds)
	}
	if len(ratios) > 0 {
		m := Median(ratios)
		row.Ratio = &m
	}
	return row, true
}

// Median is the middle one.
func Median(v []float64) float64 { return quantile(v, 0.5) }

// Max is the largest one.
func Max(v []float64) float64 { return slices.Max(v) }

func quantile(v []float64, q float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[min(int(q*float64(len(v))), len(v)-1)]
}

// trips sums single times up.
func trips(times []float64) Values {
	return Values{"median": Median(times), "p99": quantile(times, 0.99)}
}
