package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The kill step: a process that owns a mutex is killed with SIGKILL, which it
// cannot see coming. The one that waits must get the mutex and be told. The
// time is from just before the kill, here, to the return of Lock, there.

const killTimes = 5

type killFigures struct {
	Kills  int             `json:"kills"`
	Median time.Duration   `json:"median_ns"`
	Worst  time.Duration   `json:"worst_ns"`
	Each   []time.Duration `json:"each_ns"`
}

type survivorLine struct {
	Abandoned bool  `json:"abandoned"`
	At        int64 `json:"at"` // when it owned the mutex
	Cleared   bool  `json:"cleared"`
}

func (d *demo) killStep(ctx context.Context) (finding, error) {
	f := killFigures{Kills: killTimes}
	for range killTimes {
		took, err := d.killOnce(ctx)
		if err != nil {
			return finding{}, err
		}
		f.Each = append(f.Each, took)
	}
	sorted := slices.Sorted(slices.Values(f.Each))
	f.Median, f.Worst = sorted[len(sorted)/2], sorted[len(sorted)-1]
	return finding{figures: f, words: func(s style) string {
		return fmt.Sprintf("the next is told %q and owns it in %s", "abandoned", s.span(f.Median))
	}}, nil
}

func (d *demo) killOnce(ctx context.Context) (time.Duration, error) {
	m, err := d.ns.CreateMutex("treasure", nil)
	if err != nil {
		return 0, err
	}
	defer m.Close()
	var g demoGroup
	defer g.stop()
	if err := d.startAll(ctx, &g, 1, "owner"); err != nil {
		return 0, err
	}
	if err := d.startAll(ctx, &g, 1, "survivor"); err != nil {
		return 0, err
	}
	if err := d.untilBlocked(ctx, "treasure", 1); err != nil {
		return 0, err
	}
	owner, survivor := g[0], g[1]
	begin := monotonic()
	if err := owner.cmd.Process.Kill(); err != nil {
		return 0, err
	}
	var line survivorLine
	if err := survivor.next(&line); err != nil {
		return 0, err
	}
	switch {
	case !line.Abandoned:
		return 0, errors.New("the survivor got the mutex and was not told that its owner had died")
	case !line.Cleared:
		return 0, errors.New("the mutex stayed abandoned after its new owner had unlocked it")
	}
	return time.Duration(line.At - begin), nil
}

func ownerRole(w *demoWorker) error {
	m, err := w.ns.OpenMutex("treasure")
	if err != nil {
		return err
	}
	if _, err := m.Lock(w.ctx); err != nil {
		return err
	}
	if err := w.ready(); err != nil {
		return err
	}
	<-w.ctx.Done() // it should not come to that
	return m.Unlock()
}

func survivorRole(w *demoWorker) error {
	m, err := w.ns.OpenMutex("treasure")
	if err != nil {
		return err
	}
	if err := w.ready(); err != nil {
		return err
	}
	abandoned, err := m.Lock(w.ctx)
	at := monotonic()
	if err != nil {
		return err
	}
	if err := m.Unlock(); err != nil {
		return err
	}
	_, again, err := m.TryLock()
	if err != nil {
		return err
	}
	return errors.Join(w.say(survivorLine{Abandoned: abandoned, At: at, Cleared: !again}), m.Unlock())
}
