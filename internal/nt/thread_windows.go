package nt

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// maxThreads bounds the threads of this process that wait or own mutexes. The
// runtime of Go ends a program that has 10,000 threads.
var maxThreads int64 = 8_000

// maxIdle is how many threads are kept for the next owners.
const maxIdle = 16

// busyThreads counts the threads that are blocked in a wait or exist for
// owners.
var busyThreads atomic.Int64

// reserve counts one thread more, unless there are too many.
func reserve() error {
	if busyThreads.Add(1) > maxThreads {
		busyThreads.Add(-1)
		return fmt.Errorf("%w: %d threads of this process wait or own mutexes, as many as are possible", backend.ErrNoSpace, maxThreads)
	}
	return nil
}

func unreserve() { busyThreads.Add(-1) }

// A thread is an OS thread that owns mutexes for an Owner or for handles. It
// does nothing but what it is given.
type thread struct {
	work   chan func()
	handle windows.Handle

	mu     sync.Mutex
	holds  int  // locks that somebody can still undo
	doomed bool // it owns what nobody can unlock any more: it must end
}

// mainThread is that of the process, which the runtime never ends.
var mainThread = windows.GetCurrentThreadId()

var idle struct {
	mu      sync.Mutex
	threads []*thread
}

// takeThread returns a thread that owns nothing.
func takeThread() (*thread, error) {
	idle.mu.Lock()
	if n := len(idle.threads); n > 0 {
		t := idle.threads[n-1]
		idle.threads = idle.threads[:n-1]
		idle.mu.Unlock()
		return t, nil
	}
	idle.mu.Unlock()
	if err := reserve(); err != nil {
		return nil, err
	}
	t := &thread{work: make(chan func())}
	started := make(chan error)
	go t.run(started)
	if err := <-started; err != nil {
		unreserve()
		return nil, wrap(err)
	}
	return t, nil
}

// run is the thread. It is never unlocked from its goroutine, so that it ends
// with it.
func (t *thread) run(started chan<- error) {
	runtime.LockOSThread()
	if windows.GetCurrentThreadId() == mainThread {
		// While this goroutine has the main thread, another cannot get it.
		instead := make(chan error)
		go t.run(instead)
		started <- <-instead
		runtime.UnlockOSThread()
		return
	}
	h, err := win32.CurrentThread()
	t.handle = h
	started <- err
	if err != nil {
		return
	}
	for f := range t.work {
		f()
	}
}

// do runs f on the thread.
func (t *thread) do(f func()) {
	done := make(chan struct{})
	t.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

// hold counts n locks more.
func (t *thread) hold(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.holds += n
}

// drop counts one lock less. A thread that holds nothing goes back to the idle
// ones, or ends when it owns what was left behind.
func (t *thread) drop() { t.lower(false) }

// abandon counts one lock less, which is never undone: the mutex is abandoned
// by the end of the thread, as soon as that holds nothing that others of its
// handles may still unlock.
func (t *thread) abandon() { t.lower(true) }

func (t *thread) lower(doomed bool) {
	t.mu.Lock()
	t.holds--
	t.doomed = t.doomed || doomed
	over, doomed := t.holds == 0, t.doomed
	t.mu.Unlock()
	switch {
	case over && doomed:
		t.end()
	case over:
		t.giveBack()
	}
}

// only reports whether the thread holds a single lock.
func (t *thread) only() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.holds == 1 && !t.doomed
}

// giveBack makes a thread that owns nothing an idle one.
func (t *thread) giveBack() {
	idle.mu.Lock()
	if len(idle.threads) < maxIdle {
		idle.threads = append(idle.threads, t)
		idle.mu.Unlock()
		return
	}
	idle.mu.Unlock()
	t.end()
}

// end ends the thread. When it returns, what the thread owned is abandoned.
func (t *thread) end() {
	close(t.work)
	windows.WaitForSingleObject(t.handle, windows.INFINITE)
	windows.CloseHandle(t.handle)
	unreserve()
}
