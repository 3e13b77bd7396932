package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/winsys-go/ipc"
)

// The timer step: one timer that releases one wait each time, two processes
// that wait for it again and again, so that they take turns. No process runs
// for the timer. Who is woken notes when.

const (
	tickPeriod    = 100 * time.Millisecond
	tickTimes     = 6
	tickProcesses = 2
)

type tickFigures struct {
	Period time.Duration `json:"period_ns"`
	Wakes  []int         `json:"wakes"` // of each process
	Late   time.Duration `json:"worst_late_ns"`
}

func (d *demo) timerStep(ctx context.Context) (finding, error) {
	t, err := d.ns.CreateTimer("tick", nil)
	if err != nil {
		return finding{}, err
	}
	defer t.Close()
	// A permit for every wake, so that this process sees them go by.
	woken, err := d.ns.CreateSemaphore("woken", &ipc.SemaphoreOptions{Max: 1000})
	if err != nil {
		return finding{}, err
	}
	defer woken.Close()
	var g demoGroup
	defer g.stop()
	if err := d.startAll(ctx, &g, tickProcesses, "tick"); err != nil {
		return finding{}, err
	}
	if err := d.untilBlocked(ctx, "tick", tickProcesses); err != nil {
		return finding{}, err
	}
	set := monotonic()
	if err := t.Set(tickPeriod, tickPeriod); err != nil {
		return finding{}, err
	}
	for range tickTimes {
		if err := woken.Acquire(ctx); err != nil {
			return finding{}, err
		}
	}
	if err := t.Cancel(); err != nil {
		return finding{}, err
	}
	return g.collectTicks(set)
}

// collectTicks compares the times at which the processes were woken with
// those at which the timer, set at that time, was to fire.
func (g demoGroup) collectTicks(set int64) (finding, error) {
	f := tickFigures{Period: tickPeriod}
	var all []int64
	for _, p := range g {
		var times []int64
		if err := p.finish(&times); err != nil {
			return finding{}, err
		}
		f.Wakes = append(f.Wakes, len(times))
		all = append(all, times...)
	}
	slices.Sort(all)
	for i, at := range all {
		late := time.Duration(at - set - int64(i+1)*int64(tickPeriod))
		if late < 0 {
			return finding{figures: f}, fmt.Errorf("wake %d came %v too early", i+1, -late)
		}
		f.Late = max(f.Late, late)
	}
	if slices.Min(f.Wakes) == 0 {
		return finding{figures: f}, fmt.Errorf("they were woken %v times, not in turn", f.Wakes)
	}
	return finding{figures: f, words: func(s style) string {
		return fmt.Sprintf("in turn, %d and %d times, at most %s late", f.Wakes[0], f.Wakes[1], s.span(f.Late))
	}}, nil
}

func tickRole(w *demoWorker) error {
	t, err := w.ns.OpenTimer("tick")
	if err != nil {
		return err
	}
	woken, err := w.ns.OpenSemaphore("woken")
	if err != nil {
		return err
	}
	if err := w.ready(); err != nil {
		return err
	}
	times := []int64{}
	for {
		if err := t.Wait(w.ctx); w.toldToEnd() {
			return w.say(times)
		} else if err != nil {
			return err
		}
		times = append(times, monotonic())
		if _, err := woken.Release(1); err != nil {
			return err
		}
	}
}
