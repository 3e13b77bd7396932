//go:build !linux

package conformance

import "time"

// needClock leaves the case out.
func (c *Case) needClock() {
	c.t.Helper()
	c.skip("setting the clock of the machine is not written for this system")
}

// jumpClock is not possible here.
func (c *Case) jumpClock(time.Duration) {}
