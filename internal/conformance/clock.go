package conformance

import (
	"os"
	"time"
)

// needClock leaves the case out where the clock may not be set. Since it is
// everybody's clock, that is done on request only.
func (c *Case) needClock() {
	c.t.Helper()
	if os.Getenv("IPC_TEST_SET_CLOCK") == "" {
		c.skip("sets the clock of the machine: needs IPC_TEST_SET_CLOCK=1 and who may do that")
	}
	if !c.traits.Clock {
		c.skip("this backend does not follow the clock of the machine")
	}
}

// jumpClock sets the clock of the machine forward, and back at the end of the
// case.
func (c *Case) jumpClock(by time.Duration) {
	c.t.Helper()
	start := time.Now()
	if err := setClock(start.Add(by)); err != nil {
		c.skip("the clock cannot be set: %v", err)
	}
	c.t.Cleanup(func() {
		// Elapsed time is measured with the monotonic clock.
		if err := setClock(start.Round(0).Add(time.Since(start))); err != nil {
			c.t.Errorf("the clock is wrong now: %v", err)
		}
	})
}
