package ntpipe

import (
	"testing"
	"time"
)

// TestDeadline: those who wait have the new deadline, unless the old one has
// passed.
func TestDeadline(t *testing.T) {
	var d deadline
	first := d.channel()
	d.set(time.Now().Add(time.Hour))
	d.set(time.Time{})
	if d.channel() != first || isClosed(first) {
		t.Error("moved deadlines are others, or have passed")
	}
	d.set(time.Now().Add(time.Millisecond))
	<-first
	if !isClosed(d.channel()) {
		t.Error("a deadline passes for some only")
	}
	d.set(time.Now().Add(time.Hour))
	if isClosed(d.channel()) {
		t.Error("it does not go on after a deadline")
	}
	d.set(time.Now().Add(-time.Second))
	if !isClosed(d.channel()) {
		t.Error("one of the past has not passed")
	}
	for i := range 1000 { // which race with their timers
		d.set(time.Now().Add(time.Duration(i%3) * time.Microsecond))
	}
	<-d.channel()
}
