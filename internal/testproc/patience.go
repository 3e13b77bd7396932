package testproc

import "time"

// A Patience runs out when so much time has passed in which this process could
// run: a machine that was asleep, or a process that was stopped, has used up
// little of it. The deadline of a test is not meant for what a test cannot
// help.
type Patience struct {
	left time.Duration
	last time.Time
}

// longestStep is how much of one pause between two looks counts.
const longestStep = 100 * time.Millisecond

// NewPatience returns a patience of that length.
func NewPatience(limit time.Duration) *Patience {
	return &Patience{left: limit, last: time.Now()}
}

// Out tells whether the patience has run out. It must be asked more often than
// ten times a second.
func (p *Patience) Out() bool {
	now := time.Now()
	p.left -= min(now.Sub(p.last), longestStep)
	p.last = now
	return p.left <= 0
}

// Wait waits until done is closed, and tells whether it was in time.
func (p *Patience) Wait(done <-chan struct{}) bool {
	ticker := time.NewTicker(longestStep / 2)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return true
		case <-ticker.C:
			if p.Out() {
				return false
			}
		}
	}
}
