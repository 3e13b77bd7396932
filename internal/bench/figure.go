package bench

import (
	"fmt"
	"strconv"
)

// A Figure is one thing that is measured.
type Figure struct {
	Name string // family/what
	What string // in a few words
	// Quantities are what is measured, the principal one first.
	Quantities []Quantity
	// Baseline is the subject that ratios refer to, where there is one.
	Baseline string
	Targets  []Target
	// Sized: the targets are about a size that less effort does not reach, and
	// are then not judged.
	Sized bool
	// Rounds, if not 0, is the number of rounds whatever was asked for.
	Rounds int
	// X says what the figure is plotted against, if anything: its subjects
	// then are the points of lines. Series joins figures to one plot, each of
	// which is at one At.
	X, Series string
	At        float64
	// Setup makes the subjects.
	Setup func(s *Stage) []Subject
}

// A Quantity is a name and a unit: "ns" for times, "1/s" for rates, of which
// more is better, "B" for memory, "" for plain numbers.
type Quantity struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
}

var (
	timeQuantity   = Quantity{"time", "ns"}
	tripQuantities = []Quantity{{"median", "ns"}, {"p99", "ns"}}
)

// A Subject is measured, a round at a time.
type Subject struct {
	Name string
	// X places the subject on the plot of its figure.
	X       float64
	Measure func() Values
}

// Key tells the subjects of one figure apart.
func (s Subject) Key() string { return key(s.Name, s.X) }

func key(name string, x float64) string {
	if x == 0 {
		return name
	}
	return name + ", " + strconv.FormatFloat(x, 'f', -1, 64)
}

// Values are what a subject gave in a round, by quantity.
type Values map[string]float64

// Ours is the name of the library's subject.
const Ours = "ipc"

// A Peer is somebody else's subject, for the figures of a name.
type Peer struct {
	Figure string
	Setup  func(s *Stage) []Subject
}

// Join gives the figures with the peers among their subjects. A peer of a
// figure that does not exist is a mistake.
func Join(figures []Figure, peers []Peer) []Figure {
	joined := make([]Figure, len(figures))
	for i, f := range figures {
		own := f.Setup
		f.Setup = func(s *Stage) []Subject {
			all := own(s)
			for _, p := range peers {
				if p.Figure == f.Name {
					all = append(all, p.Setup(s)...)
				}
			}
			return all
		}
		joined[i] = f
	}
	known := map[string]bool{}
	for _, f := range figures {
		known[f.Name] = true
	}
	for _, p := range peers {
		if !known[p.Figure] {
			panic(fmt.Sprintf("bench: a peer of %q, which is not measured", p.Figure))
		}
	}
	return joined
}

// Figures are all that this package measures, in their order.
func Figures() []Figure {
	var all []Figure
	for _, family := range []func() []Figure{
		uncontendedFigures, handOffFigures, contendedFigures, waitManyFigures,
		crowdFigures, idleFigures, objectFigures, deathFigures, mailslotFigures, pipeFigures,
	} {
		all = append(all, family()...)
	}
	return all
}
