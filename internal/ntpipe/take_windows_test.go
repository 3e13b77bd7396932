package ntpipe

import (
	"runtime"
	"testing"

	"golang.org/x/sys/windows"
)

// TestInheritedEndOutlivesThreads: Windows cancels what a thread has begun when
// that thread ends, unless a port reports it. A thread of this process ends with
// any goroutine that was locked to it.
func TestInheritedEndOutlivesThreads(t *testing.T) {
	reads, writes, err := anonymous()
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(writes)
	c, err := Take(Given{Server: true}, []windows.Handle{reads})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()

	if let := seize(mainThread); let != nil {
		defer func() { let <- false }()
	}
	buf := make([]byte, 1)
	thread := make(chan uint32, 1)
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := c.do(limit{}, func(h windows.Handle, o *windows.Overlapped) error {
			defer close(begun)
			thread <- windows.GetCurrentThreadId()
			var n uint32
			err := windows.ReadFile(h, buf, &n, o)
			moveOn(t)
			return err
		}, buf)
		ended <- err
	}()
	<-begun
	endThread(t, <-thread)

	if err := windows.WriteFile(writes, []byte{'x'}, new(uint32), new(windows.Overlapped)); err != nil && err != windows.ERROR_IO_PENDING {
		t.Fatal(err)
	}
	if err := <-ended; err != nil || buf[0] != 'x' {
		t.Fatalf("read %q, %v; want 'x'", buf, err)
	}
}

// moveOn lets the goroutine go on, on another thread if it can: it comes out of a
// system call when the one place to run is another's.
func moveOn(t *testing.T) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer windows.CloseHandle(event)
	out := make(chan struct{})
	defer close(out)
	go func() {
		windows.SetEvent(event)
		for {
			select {
			case <-out:
				return
			default:
				runtime.Gosched()
			}
		}
	}()
	windows.WaitForSingleObject(event, windows.INFINITE)
}

// endThread ends a thread of this process, if a goroutine can have it.
func endThread(t *testing.T, id uint32) {
	t.Helper()
	h, err := windows.OpenThread(windows.SYNCHRONIZE, false, id)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	let := seize(id)
	if let == nil {
		t.Log("the thread is busy")
		return
	}
	let <- true
	windows.WaitForSingleObject(h, windows.INFINITE)
	t.Log("the thread has ended")
}

// mainThread is that of the process, which the runtime never ends.
var mainThread = windows.GetCurrentThreadId()

// seize locks a goroutine to an idle thread. What it is told is whether it is to
// end that.
func seize(id uint32) (let chan<- bool) {
	release := make(chan struct{})
	defer close(release)
	for range 50 { // more than there are idle threads
		had, end := make(chan bool), make(chan bool)
		go func() {
			runtime.LockOSThread()
			if windows.GetCurrentThreadId() == id {
				had <- true
				if <-end {
					return
				}
			} else {
				had <- false
				<-release
			}
			runtime.UnlockOSThread()
		}()
		if <-had {
			return end
		}
	}
	return nil
}
