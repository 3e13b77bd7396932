package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/winsys-go/ipc"
)

// objectFigures are the lives of handles and namespaces.
func objectFigures() []Figure {
	create, open := Quantity{"create + close", "ns"}, Quantity{"open + close", "ns"}
	first, second := Quantity{"first use", "ns"}, Quantity{"joining", "ns"}
	return []Figure{
		{
			Name:       "object/life",
			What:       "a handle to a named event, while so many others exist",
			Quantities: []Quantity{create, open},
			X:          "objects",
			Targets:    []Target{atMostAt(create, 1, 5000), atMostAt(open, 1, 5000)},
			Setup: func(s *Stage) (all []Subject) {
				for _, others := range s.Crowds(1, 1000, 10_000, 100_000) {
					all = append(all, s.life(others, create.Name, open.Name))
				}
				return all
			},
		},
		{
			Name:       "namespace/first use",
			What:       "OpenNamespace where nobody was before, and where one process is",
			Quantities: []Quantity{first, second},
			Targets:    []Target{atMost(first, 500_000)},
			Setup:      func(s *Stage) []Subject { return []Subject{s.firstUse(first.Name, second.Name)} },
		},
		{
			Name:       "namespace/joining",
			What:       "OpenNamespace while 100 processes are attached",
			Quantities: []Quantity{second},
			Sized:      true,
			Targets:    []Target{atMost(second, 500_000)},
			Setup: func(s *Stage) []Subject {
				n := s.Namespace()
				s.present(n, s.Crowd(100))
				return []Subject{{Name: Ours, Measure: func() Values { return s.join(n.Dir(), second.Name) }}}
			},
		},
		commandFigure(),
	}
}

// atMostAt is atMost for the subject at x.
func atMostAt(q Quantity, x, limit float64) Target {
	t := atMost(q, limit)
	t.of = func(r Round) (float64, bool) { return r.value(key(Ours, x), q.Name) }
	return t
}

func (s *Stage) life(others int, create, open string) Subject {
	n := s.Namespace()
	for i := range others {
		Must(n.CreateEvent(fmt.Sprint("other", i), nil))
	}
	Must(n.CreateEvent("kept", nil))
	count := s.Count(20_000)
	return Subject{Name: Ours, X: float64(others), Measure: func() Values {
		return Values{
			create: PairTime(count, func(k int) {
				for range k {
					Check(Must(n.CreateEvent("new", nil)).Close())
				}
			})["time"],
			open: PairTime(count, func(k int) {
				for range k {
					Check(Must(n.OpenEvent("kept")).Close())
				}
			})["time"],
		}
	}}
}

func (s *Stage) firstUse(first, second string) Subject {
	dir := s.Dir()
	return Subject{Name: Ours, Measure: func() Values {
		var times []float64
		for i := range s.Count(50) {
			place := filepath.Join(dir, fmt.Sprint(i))
			begin := now()
			n := Must(ipc.OpenNamespace(place, nil))
			times = append(times, float64(now()-begin))
			Check(n.Close())
			Check(os.RemoveAll(place))
		}
		v := s.join(dir, second)
		v[first] = Median(times)
		return v
	}}
}

// join is how long it takes to attach to a namespace.
func (s *Stage) join(dir, quantity string) Values {
	kept := Must(ipc.OpenNamespace(dir, nil))
	defer kept.Close()
	var times []float64
	for range s.Count(50) {
		begin := now()
		n := Must(ipc.OpenNamespace(dir, nil))
		times = append(times, float64(now()-begin))
		Check(n.Close())
	}
	return Values{quantity: Median(times)}
}

// commandFigure is the command line: ipc event set X.
func commandFigure() Figure {
	return Figure{
		Name:       "command/event set",
		What:       `"ipc event set X", from its start to its end`,
		Quantities: tripQuantities,
		Baseline:   "true",
		Targets:    []Target{atMost(tripQuantities[0], float64(10*time.Millisecond))},
		Setup: func(s *Stage) []Subject {
			if s.command == "" {
				s.Absent()
			}
			n := s.Namespace()
			Must(n.CreateEvent("X", nil))
			all := []Subject{{Name: Ours, Measure: func() Values {
				return s.startAndEnd(s.command, "--namespace", n.Dir(), "event", "set", "X")
			}}}
			if path, err := exec.LookPath("true"); err == nil {
				all = append(all, Subject{Name: "true", Measure: func() Values { return s.startAndEnd(path) }})
			}
			return all
		},
	}
}

func (s *Stage) startAndEnd(path string, args ...string) Values {
	var times []float64
	for range s.Count(50) {
		begin := now()
		Check(exec.Command(path, args...).Run())
		times = append(times, float64(now()-begin))
	}
	return trips(times)
}
