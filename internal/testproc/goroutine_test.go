package testproc

import (
	"os"
	"runtime"
	"testing"
)

// TestGoroutineWaits: it waits when it does, and not before or after.
func TestGoroutineWaits(t *testing.T) {
	if Self().Waits() {
		t.Error("who asks waits")
	}
	name, leave, done := make(chan Goroutine), make(chan bool), make(chan bool)
	go func() {
		name <- Self()
		<-leave
		close(done)
	}()
	g := <-name
	for !g.Waits() {
		runtime.Gosched()
	}
	leave <- true
	<-done
	for g.Waits() {
		runtime.Gosched()
	}
}

// TestInPoller: somebody is there while he reads what does not come.
func TestInPoller(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: a pipe is not read through the poller there")
	}
	const function = "testproc.readOne"
	if InPoller(function) {
		t.Fatal("somebody reads already")
	}
	done := make(chan bool)
	go func() {
		readOne(r)
		close(done)
	}()
	for !InPoller(function) {
		runtime.Gosched()
	}
	w.Close()
	<-done
	for InPoller(function) {
		runtime.Gosched()
	}
}

//go:noinline
func readOne(r *os.File) { r.Read(make([]byte, 1)) }
