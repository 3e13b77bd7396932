package bench

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// fixed is a subject that gives the same each round.
func fixed(name string, x, time float64) Subject {
	return Subject{Name: name, X: x, Measure: func() Values { return Values{"time": time} }}
}

// fake is a figure of subjects that are known.
func fake(targets []Target, subjects ...Subject) Figure {
	return Figure{
		Name: "fake", Quantities: []Quantity{timeQuantity}, Baseline: "peer", Targets: targets,
		Setup: func(*Stage) []Subject { return subjects },
	}
}

func measure(t *testing.T, f Figure) Result {
	t.Helper()
	return (&Runner{Effort: Quick}).Measure(context.Background(), f)
}

func TestVerdicts(t *testing.T) {
	targets := []Target{
		times("time", "peer", 0.5),
		times("time", "peer", 0.4),
		atLeastTimes("time", "peer", 0.5),
		atLeastTimes("time", "peer", 0.6),
		atMost(timeQuantity, 10),
		atMost(timeQuantity, 9),
		times("time", "somebody who is not there", 1),
	}
	r := measure(t, fake(targets, fixed(Ours, 0, 10), fixed("peer", 0, 20)))
	if r.Error != "" || len(r.Verdicts) != 6 {
		t.Fatalf("%+v", r)
	}
	for i, v := range r.Verdicts {
		if want := i%2 == 0; v.Met != want {
			t.Errorf("%s: met %v with %v", v.Target, v.Met, v.Value)
		}
	}
	if row := r.Rows[0]; row.Subject != Ours || row.Ratio == nil || *row.Ratio != 0.5 || len(row.Rounds) != 3 {
		t.Errorf("%+v", row)
	}
}

func TestSlope(t *testing.T) {
	target := slopeAtMost("object", "time", 1, 64, 5)
	r := measure(t, fake([]Target{target}, fixed(Ours, 64, 415), fixed(Ours, 1, 100)))
	if len(r.Verdicts) != 1 || !r.Verdicts[0].Met || r.Verdicts[0].Value != 5 {
		t.Errorf("%+v", r.Verdicts)
	}
	if r.Rows[0].X != 1 {
		t.Errorf("the rows are not in order: %+v", r.Rows)
	}
}

// TestWorst: a target of the worst round is missed by one round.
func TestWorst(t *testing.T) {
	round := 0.0
	s := Subject{Name: Ours, Measure: func() Values { round++; return Values{"time": round} }}
	r := measure(t, fake([]Target{atMost(timeQuantity, 2), worstAtMost(timeQuantity, 2)}, s))
	if len(r.Verdicts) != 2 || !r.Verdicts[0].Met || r.Verdicts[1].Met {
		t.Errorf("%+v", r.Verdicts)
	}
}

// TestFailure: what goes wrong is told, and what was set up is undone.
func TestFailure(t *testing.T) {
	undone := false
	f := fake(nil)
	f.Setup = func(s *Stage) []Subject {
		s.Cleanup(func() error { undone = true; return nil })
		Check(errors.New("it is broken"))
		return nil
	}
	r := measure(t, f)
	if !strings.Contains(r.Error, "it is broken") || !undone {
		t.Errorf("%+v, undone %v", r, undone)
	}
	if Failures([]Result{r}) == nil || Failures([]Result{{}}) != nil {
		t.Error("what failed is not told from what did not")
	}
}

// TestSmallScale: targets about a size are not judged with less.
func TestSmallScale(t *testing.T) {
	f := fake([]Target{atMost(timeQuantity, 1)}, fixed(Ours, 0, 2))
	f.Sized = true
	if r := measure(t, f); len(r.Verdicts) != 0 || !strings.Contains(r.What, "smaller") {
		t.Errorf("%+v", r)
	}
}

func TestJoinUnknown(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a peer of no figure was taken")
		}
	}()
	Join(nil, []Peer{{Figure: "none"}})
}

func TestTable(t *testing.T) {
	var text strings.Builder
	table := NewTable(&text, Machine{System: "here", Processors: 2})
	r := measure(t, fake([]Target{times("time", "peer", 0.4)}, fixed(Ours, 0, 10), fixed("peer", 0, 2000)))
	r.Name, r.What = "a/b", "what it is"
	table.Add(r)
	if err := table.End([]Result{r}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a/b: what it is", "2 µs", "0.005", "met: time ≤ 0.4 × peer (0.005)", "1 figures, 1 targets met, 0 missed"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}
