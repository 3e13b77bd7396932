package histories

import (
	"os"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// Start starts an actor in the namespace of a directory.
type Start func(t *testing.T, dir string) actor.Actor

// A stage is a namespace with actors, that one history after the other is
// played in: what an earlier one left behind would show in a later one. After
// one that failed, everything is new.
type stage struct {
	t        *testing.T
	start    Start
	dir      string
	idle     []actor.Actor
	playing  []actor.Actor
	observer *actor.Local
	numbers  int // given out to handles and owners
	tally    tally
	failed   bool // at any time: then there is less patience
}

// A tally counts what happened, so that it shows when the histories are about
// nothing.
type tally struct {
	histories  int
	operations map[actor.Verb]int // that ended at once, without an error
	blocked    map[actor.Verb]int // waits that blocked
	ended      map[actor.Code]int // and how they ended, through others
	abandoned  int                // with an abandoned mutex
	deaths     int
	handovers  int // with more than one wait ended by one operation
}

func newTally() tally {
	return tally{operations: map[actor.Verb]int{}, blocked: map[actor.Verb]int{}, ended: map[actor.Code]int{}}
}

func newStage(t *testing.T, start Start) *stage {
	s := &stage{t: t, start: start, tally: newTally()}
	t.Cleanup(s.clear)
	return s
}

// limit is how long something may take that must happen. While a failure is
// being shortened it is less, since every attempt costs it.
func (s *stage) limit() time.Duration {
	if s.failed {
		return 300 * time.Millisecond
	}
	return 10 * time.Second
}

// open makes the namespace, if there is none.
func (s *stage) open() error {
	if s.observer != nil {
		return nil
	}
	dir, err := os.MkdirTemp(tempParent, "ipc-test-*")
	if err != nil {
		return err
	}
	s.dir = dir
	s.observer, err = actor.NewLocal(dir)
	return err
}

// actor gives an actor who has nothing open.
func (s *stage) actor() actor.Actor {
	var a actor.Actor
	if n := len(s.idle); n > 0 {
		a, s.idle = s.idle[n-1], s.idle[:n-1]
	} else {
		a = s.start(s.t, s.dir)
	}
	s.playing = append(s.playing, a)
	return a
}

// kill ends an actor who is playing, and tells whether that was possible in
// time.
func (s *stage) kill(a actor.Actor) bool {
	for i, x := range s.playing {
		if x == a {
			s.playing = append(s.playing[:i], s.playing[i+1:]...)
			break
		}
	}
	return s.inTime(a.Kill)
}

// inTime calls f, and does not wait for it longer than for anything else.
func (s *stage) inTime(f func()) bool {
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(s.limit()):
		return false
	}
}

// observe lists the objects, through an attachment that has none open.
func (s *stage) observe() actor.Result {
	return s.observer.Start(actor.Op{Verb: actor.Objects}).Result()
}

// rest takes the actors back at the end of a history.
func (s *stage) rest() {
	s.idle = append(s.idle, s.playing...)
	s.playing = nil
}

// clear ends everybody. An engine that is stuck does not hold it up.
func (s *stage) clear() {
	s.rest()
	if s.observer == nil {
		return
	}
	actors, observer, dir := s.idle, s.observer, s.dir
	s.idle, s.observer = nil, nil
	s.inTime(func() {
		for _, a := range actors {
			a.Kill()
		}
		observer.Exit()
	})
	testproc.RemoveAll(dir)
}
