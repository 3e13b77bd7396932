package histories

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/testproc/actor"
	"pgregory.net/rapid"
)

// Run plays histories with the actors that start makes: as many as said, or a
// tenth with -short, unless RAPID_CHECKS or -rapid.checks say another number.
func Run(t *testing.T, number int, start Start) {
	t.Helper()
	setChecks(t, number)
	s := newStage(t, start)
	rapid.Check(t, s.play)
	t.Logf("%+v", s.tally)
	if s.tally.histories == 0 {
		t.Error("no history was played")
	}
}

// play plays one history.
func (s *stage) play(t *rapid.T) {
	done := false
	d := newDriver(t, s)
	defer func() {
		if done {
			s.rest()
			return
		}
		if t.Failed() && !s.failed {
			s.failed = true
			s.t.Logf("The history that failed first:\n%s\nand then\n\t%s\n%s",
				strings.Join(d.log, "\n"), strings.Join(d.lines(s.observe().Objects, func(pid int) int { return pid }), "\n\t"), s.observer.Dump())
		}
		s.clear()
	}()
	if err := s.open(); err != nil {
		t.Fatalf("open the namespace: %v", err)
	}
	d.prepare()
	t.Repeat(map[string]func(*rapid.T){"step": d.step})
	d.t = t
	d.finish()
	s.tally.histories++
	done = true
}

// finish closes everything, so that the next history finds nothing.
func (d *driver) finish() {
	for len(d.pending) > 0 {
		d.cancel(d.waits()[0])
	}
	for _, p := range d.players {
		for _, owner := range p.owners {
			d.do(p, actor.Op{Verb: actor.CloseOwner, Owner: owner})
		}
		for _, h := range p.handles {
			if !h.closed {
				d.untie(p, h)
				d.do(p, actor.Op{Verb: actor.Close, Handle: h.number})
			}
		}
	}
	for _, o := range d.world.List() {
		d.do(d.players[0], actor.Op{Verb: actor.Remove, Name: o.Name})
	}
}

// setChecks sets the number of histories. With -short rapid itself takes a fifth
// of what it is told, of histories and of their steps.
func setChecks(t *testing.T, number int) {
	t.Helper()
	if testing.Short() {
		number /= 2
	}
	setDefault(t, "rapid.checks", "RAPID_CHECKS", strconv.Itoa(number))
	setDefault(t, "rapid.steps", "RAPID_STEPS", "60")
	setDefault(t, "rapid.shrinktime", "RAPID_SHRINKTIME", "20s")
	setDefault(t, "rapid.nofailfile", "RAPID_NOFAILFILE", "true") // the seed is enough
}

// setDefault sets a flag for the time of a test, if nobody has set it.
func setDefault(t *testing.T, name, variable, value string) {
	f := flag.Lookup(name)
	old := f.Value.String()
	if os.Getenv(variable) != "" || old != f.DefValue {
		return
	}
	f.Value.Set(value)
	t.Cleanup(func() { f.Value.Set(old) })
}
