package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/winsys-go/ipc"
)

// The semaphore step: more processes than permits. Each notes when its jobs
// began and ended, between taking a permit and releasing it; the notes show
// how many ran at once.

const (
	jobProcesses = 6
	jobPermits   = 2
	jobTimes     = 5 // each
	jobLength    = 10 * time.Millisecond
)

type jobFigures struct {
	Processes int           `json:"processes"`
	Permits   int           `json:"permits"`
	Jobs      int           `json:"jobs"`
	AtOnce    int           `json:"most_at_once"`
	Took      time.Duration `json:"took_ns"`
}

// A jobTime is when a job ran, on the clock that all processes share.
type jobTime struct {
	Begin int64 `json:"begin"`
	End   int64 `json:"end"`
}

func (d *demo) semaphoreStep(ctx context.Context) (finding, error) {
	start, err := d.ns.CreateEvent("start", &ipc.EventOptions{ManualReset: true})
	if err != nil {
		return finding{}, err
	}
	defer start.Close()
	s, err := d.ns.CreateSemaphore("jobs", &ipc.SemaphoreOptions{Initial: jobPermits, Max: jobPermits})
	if err != nil {
		return finding{}, err
	}
	defer s.Close()
	var g demoGroup
	defer g.stop()
	if err := d.startAll(ctx, &g, jobProcesses, "job", strconv.Itoa(jobTimes)); err != nil {
		return finding{}, err
	}
	begin := time.Now()
	if err := start.Set(); err != nil {
		return finding{}, err
	}
	var jobs []jobTime
	for _, p := range g {
		var line []jobTime
		if err := p.next(&line); err != nil {
			return finding{}, err
		}
		jobs = append(jobs, line...)
	}
	f := jobFigures{jobProcesses, jobPermits, len(jobs), mostAtOnce(jobs), time.Since(begin)}
	return f.check()
}

func (f jobFigures) check() (finding, error) {
	switch {
	case f.AtOnce > f.Permits:
		return finding{figures: f}, fmt.Errorf("%d jobs ran at once", f.AtOnce)
	case f.AtOnce < f.Permits:
		return finding{figures: f}, fmt.Errorf("never more than %d job ran, though there were %d permits", f.AtOnce, f.Permits)
	}
	return finding{figures: f, words: func(s style) string {
		return fmt.Sprintf("%s, never more than %d at once", count(f.Jobs, "job"), f.AtOnce)
	}}, nil
}

// mostAtOnce gives the largest number of jobs that ran at one time. At equal
// times an end comes first.
func mostAtOnce(jobs []jobTime) int {
	type change struct {
		at   int64
		step int
	}
	var changes []change
	for _, j := range jobs {
		changes = append(changes, change{j.Begin, +1}, change{j.End, -1})
	}
	slices.SortFunc(changes, func(a, b change) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.step - b.step
	})
	now, most := 0, 0
	for _, c := range changes {
		now += c.step
		most = max(most, now)
	}
	return most
}

func jobRole(w *demoWorker) error {
	times, err := w.number(0)
	if err != nil {
		return err
	}
	s, err := w.ns.OpenSemaphore("jobs")
	if err != nil {
		return err
	}
	if err := w.waitForStart(); err != nil {
		return err
	}
	jobs := make([]jobTime, times)
	for i := range jobs {
		if err := s.Acquire(w.ctx); err != nil {
			return err
		}
		jobs[i].Begin = monotonic()
		time.Sleep(jobLength) // stands for the work
		jobs[i].End = monotonic()
		if _, err := s.Release(1); err != nil {
			return err
		}
	}
	return w.say(jobs)
}
