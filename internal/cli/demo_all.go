package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/winsys-go/ipc"
)

// The wait-all step: a process waits for an event and a permit. With the event
// alone it must take nothing, so that another can still have it; with both it
// takes both in one step, which is over when the call that gave the second
// one returns.

type bothFigures struct {
	Wake time.Duration `json:"wake_ns"` // from before the release until the waiter runs
}

type bothLine struct {
	At int64 `json:"at"`
}

func (d *demo) waitAllStep(ctx context.Context) (finding, error) {
	door, err := d.ns.CreateEvent("door", nil)
	if err != nil {
		return finding{}, err
	}
	defer door.Close()
	seat, err := d.ns.CreateSemaphore("seat", &ipc.SemaphoreOptions{Max: 1})
	if err != nil {
		return finding{}, err
	}
	defer seat.Close()
	var g demoGroup
	defer g.stop()
	if err := d.startAll(ctx, &g, 1, "both"); err != nil {
		return finding{}, err
	}
	if err := d.untilBlocked(ctx, "door", 1); err != nil {
		return finding{}, err
	}
	if err := oneAlone(door); err != nil {
		return finding{}, err
	}
	begin := monotonic()
	if err := bothAtOnce(door, seat); err != nil {
		return finding{}, err
	}
	var line bothLine
	if err := g[0].next(&line); err != nil {
		return finding{}, err
	}
	f := bothFigures{time.Duration(line.At - begin)}
	return finding{figures: f, words: func(s style) string {
		return fmt.Sprintf("nothing taken until both are there, then both, in %s", s.span(f.Wake))
	}}, nil
}

// oneAlone sets the event, and takes it itself: the waiter must not have.
func oneAlone(door *ipc.Event) error {
	if err := door.Set(); err != nil {
		return err
	}
	free, err := door.TryWait()
	if err == nil && !free {
		err = errors.New("the waiter took the event though there was no permit")
	}
	return err
}

// bothAtOnce signals both, after which neither must be left.
func bothAtOnce(door *ipc.Event, seat *ipc.Semaphore) error {
	if err := door.Set(); err != nil {
		return err
	}
	if _, err := seat.Release(1); err != nil {
		return err
	}
	set, err := door.IsSet()
	if err != nil {
		return err
	}
	left, err := seat.Info()
	if err == nil && (set || left.Count != 0) {
		err = fmt.Errorf("both were there and were not taken: event set %v, permits %d", set, left.Count)
	}
	return err
}

func bothRole(w *demoWorker) error {
	door, err := w.ns.OpenEvent("door")
	if err != nil {
		return err
	}
	seat, err := w.ns.OpenSemaphore("seat")
	if err != nil {
		return err
	}
	if err := w.ready(); err != nil {
		return err
	}
	if _, err := ipc.WaitAll(w.ctx, door, seat); err != nil {
		return err
	}
	return w.say(bothLine{monotonic()})
}
