//go:build linux

package unixpipe

import (
	"context"
	"sync"
	"testing"
	"time"
)

// TestGate: one is inside at a time, those who give up hold up nobody, and
// everybody else gets in.
func TestGate(t *testing.T) {
	g := newGate()
	inside, entered := 0, 0
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 2000 {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 0 {
					time.AfterFunc(time.Duration(k%50)*time.Microsecond, cancel)
				}
				if err := g.enterUntil(ctx); err == nil {
					if inside++; inside != 1 {
						t.Errorf("%d are inside", inside)
					}
					entered++
					inside--
					g.leave()
				} else if i%2 != 0 {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if entered < 4*2000 || !g.tryEnter() {
		t.Errorf("%d have entered, and the gate is %d", entered, g.state.Load())
	}
}
