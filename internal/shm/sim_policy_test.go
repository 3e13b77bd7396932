//go:build ipcseam

package shm

import "math/rand/v2"

// newPolicy draws a policy: in half of the cases the random one, else the one
// by priorities.
func newPolicy(r *rand.Rand) policy {
	if r.IntN(2) == 0 {
		return &randomPolicy{r, []int{1, 2, 4, 12, 40}[r.IntN(5)]}
	}
	p := &priorityPolicy{random: r}
	for range r.IntN(5) {
		p.changes = append(p.changes, r.IntN(600))
	}
	return p
}

// A randomPolicy lets everybody run for a few steps, about as many as run
// says.
type randomPolicy struct {
	random *rand.Rand
	run    int
}

func (p *randomPolicy) stay(*simActor) bool             { return p.random.IntN(p.run) != 0 }
func (p *randomPolicy) pick(list []*simActor) *simActor { return list[p.random.IntN(len(list))] }
func (p *randomPolicy) enter(*simActor)                 {}
func (p *randomPolicy) pause(*simActor)                 {}

// A priorityPolicy is that of probabilistic concurrency testing (Burckhardt et
// al., ASPLOS 2010): whoever has the highest priority runs, until at one of a
// few steps, drawn beforehand, the one who runs becomes the least. It finds
// what takes few but particular switches. Whoever spins gives way, too.
type priorityPolicy struct {
	random  *rand.Rand
	changes []int
	steps   int
	lowest  int
}

func (p *priorityPolicy) enter(a *simActor) { a.priority = 1 + p.random.IntN(1<<20) }

func (p *priorityPolicy) pause(a *simActor) {
	p.lowest--
	a.priority = p.lowest
}

func (p *priorityPolicy) stay(a *simActor) bool {
	p.steps++
	for _, c := range p.changes {
		if c == p.steps {
			p.pause(a)
			return false
		}
	}
	return p.random.IntN(8) != 0 // somebody above may have woken up
}

func (p *priorityPolicy) pick(list []*simActor) *simActor {
	best := list[0]
	for _, a := range list[1:] {
		if a.priority > best.priority {
			best = a
		}
	}
	return best
}
