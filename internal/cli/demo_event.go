package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/winsys-go/ipc"
)

// The event step: two processes pass the turn to and fro with two events. A
// lost or doubled signal would hang them or make their counts differ.

const (
	pingRounds = 100_000
	pingTime   = 400 * time.Millisecond // then it stops, whatever the number
)

type pingFigures struct {
	RoundTrips int           `json:"round_trips"`
	Median     time.Duration `json:"median_ns"`
	P99        time.Duration `json:"p99_ns"`
	Mean       time.Duration `json:"mean_ns"`
}

type pongFigures struct {
	Answers int `json:"answers"`
}

func (d *demo) eventStep(ctx context.Context) (finding, error) {
	for _, name := range []string{"ping", "pong"} {
		e, err := d.ns.CreateEvent(name, nil)
		if err != nil {
			return finding{}, err
		}
		defer e.Close()
	}
	var g demoGroup
	defer g.stop()
	if err := d.startAll(ctx, &g, 1, "pong"); err != nil {
		return finding{}, err
	}
	if err := d.startAll(ctx, &g, 1, "ping"); err != nil {
		return finding{}, err
	}
	var ping pingFigures
	var pong pongFigures
	if err := g[1].next(&ping); err != nil {
		return finding{}, err
	}
	if err := g[0].finish(&pong); err != nil {
		return finding{}, err
	}
	if pong.Answers != ping.RoundTrips {
		return finding{}, fmt.Errorf("%d signals were sent and %d arrived", ping.RoundTrips, pong.Answers)
	}
	return finding{figures: ping, words: func(s style) string {
		return fmt.Sprintf("%s round trips, %s median, 99%% below %s", number(ping.RoundTrips), s.span(ping.Median), s.span(ping.P99))
	}}, nil
}

func openPingPong(w *demoWorker) (ping, pong *ipc.Event, err error) {
	if ping, err = w.ns.OpenEvent("ping"); err == nil {
		pong, err = w.ns.OpenEvent("pong")
	}
	return ping, pong, err
}

func pingRole(w *demoWorker) error {
	ping, pong, err := openPingPong(w)
	if err != nil {
		return err
	}
	if err := w.ready(); err != nil {
		return err
	}
	trips := make([]time.Duration, 0, pingRounds)
	begin := time.Now()
	last := begin
	for len(trips) < pingRounds && last.Sub(begin) < pingTime {
		if err := ping.Set(); err != nil {
			return err
		}
		if err := pong.Wait(w.ctx); err != nil {
			return err
		}
		now := time.Now()
		trips = append(trips, now.Sub(last))
		last = now
	}
	slices.Sort(trips)
	return w.say(pingFigures{
		RoundTrips: len(trips),
		Median:     trips[len(trips)/2],
		P99:        trips[len(trips)*99/100],
		Mean:       last.Sub(begin) / time.Duration(len(trips)),
	})
}

func pongRole(w *demoWorker) error {
	ping, pong, err := openPingPong(w)
	if err != nil {
		return err
	}
	if err := w.ready(); err != nil {
		return err
	}
	for answers := 0; ; answers++ {
		if err := ping.Wait(w.ctx); w.toldToEnd() {
			return w.say(pongFigures{answers})
		} else if err != nil {
			return err
		}
		if err := pong.Set(); err != nil {
			return err
		}
	}
}
