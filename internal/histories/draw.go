package histories

import "pgregory.net/rapid"

// fair draws a number below 4096. rapid's own numbers are small more often than
// not, which would make nearly every history one of the first player with the
// first object.
var fair = rapid.Custom(func(t *rapid.T) int {
	n := 0
	for range 12 {
		n <<= 1
		if rapid.Bool().Draw(t, "bit") {
			n |= 1
		}
	}
	return n
})

// impossible is the panic of an action that has nothing to act on.
type impossible struct{}

// below draws a number below n.
func (d *driver) below(n int, what string) int { return fair.Draw(d.t, what) % n }

// chance is true once in so many times.
func (d *driver) chance(what string, oneIn int) bool { return d.below(oneIn, what) == oneIn-1 }

// pick chooses one of a list; the action ends when it is empty.
func pick[T any](d *driver, what string, list []T) T {
	switch len(list) {
	case 0:
		panic(impossible{})
	case 1:
		return list[0]
	}
	return list[d.below(len(list), what)]
}

// An action is something that may happen, with a weight.
type action struct {
	weight int
	act    func()
}

// step does one action. One that turns out to be impossible is no action.
func (d *driver) step(t *rapid.T) {
	d.t = t
	defer func() {
		p := recover()
		if _, ok := p.(impossible); p != nil && !ok {
			panic(p)
		}
	}()
	total := 0
	for _, a := range d.actions() {
		total += a.weight
	}
	n := d.below(total, "action")
	for _, a := range d.actions() {
		if n -= a.weight; n < 0 {
			a.act()
			return
		}
	}
}
