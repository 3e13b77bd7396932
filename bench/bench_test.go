package main

import (
	"context"
	"os"
	"testing"

	"github.com/winsys-go/ipc/internal/bench"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == bench.ChildCommand {
		os.Exit(bench.Child(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// TestEveryPeerOnce measures every figure that has peers, once and with little
// effort: each peer must give what its figure is about.
func TestEveryPeerOnce(t *testing.T) {
	c, err := buildBaseline()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	peers := peersOf(c)
	has := map[string]bool{}
	for _, p := range peers {
		has[p.Figure] = true
	}
	for _, f := range bench.Join(bench.Figures(), peers) {
		if !has[f.Name] {
			continue
		}
		t.Run(f.Name, func(t *testing.T) { measureOnce(t, f) })
	}
}

func measureOnce(t *testing.T, f bench.Figure) {
	r := (&bench.Runner{Effort: bench.Once}).Measure(context.Background(), f)
	if r.Error != "" {
		t.Fatal(r.Error)
	}
	subjects := map[string]bool{}
	for _, row := range r.Rows {
		subjects[row.Key()] = true
		if row.Of == f.Quantities[0] && row.Median <= 0 {
			t.Errorf("%s of %s is %v", row.Of.Name, row.Key(), row.Median)
		}
	}
	if len(subjects) < 2 {
		t.Errorf("only %v were measured", subjects)
	}
}
