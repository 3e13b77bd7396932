//go:build linux

package linux

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// watch waits for the death of the process behind w as a peer would.
func watch(w *uint32) error {
	end := time.Now().Add(limit)
	for {
		v := atomic.LoadUint32(w)
		if v&OwnerDied != 0 {
			return nil
		}
		if err := FutexWait(w, v, time.Until(end)); err != nil {
			return err
		}
	}
}

// needRobustLists skips a test where the kernel, or what stands for it, has none.
func needRobustLists(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	list := newRobustList()
	before, errno := list.install()
	if errno != 0 {
		t.Skip("SKIPPED: no robust lists:", errno)
	}
	restoreRobustList(before)
	runtime.KeepAlive(list)
}

// enlisted starts a process that ties words to its life, one for each of these.
func enlisted(t *testing.T, words ...string) (*Segment, *child) {
	t.Helper()
	dir := shmDir(t)
	c := start(t, "alive", nil, append([]string{dir, "enlist"}, words...)...)
	c.expect("ready")
	return openTest(t, dir), c
}

// P.1 ties its word to its life; Q.1 sleeps on the word; P.2 dies; Q.2 wakes.
func TestDeathIsSeen(t *testing.T) {
	needRobustLists(t)
	ways := map[string]func(c *child){
		"SIGKILL":         func(c *child) { c.cmd.Process.Signal(syscall.SIGKILL) },
		"SIGTERM":         func(c *child) { c.cmd.Process.Signal(syscall.SIGTERM) },
		"os.Exit":         func(c *child) { c.tell("exit") },
		"end of TestMain": func(c *child) { c.in.Close() },
		"panic":           func(c *child) { c.tell("panic") },
		"panic in body":   func(c *child) { c.tell("panic in body") },
		"fault":           func(c *child) { c.tell("fault") },
		"exec":            func(c *child) { c.tell("exec") },
	}
	for name, die := range ways {
		t.Run(name, func(t *testing.T) {
			s, c := enlisted(t, "1")
			w := place(s, 1)
			if v := atomic.LoadUint32(w); v == 0 || v&OwnerDied != 0 {
				t.Fatalf("the word of a live process is %#x", v)
			}
			tid, done := sleeper(t, func() error { return watch(w) })
			asleep(t, tid)
			die(c)
			must(t, <-done)
		})
	}
}

// The real return from main.main, which a test binary cannot show.
func TestDeathByReturnFromMain(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil || testing.Short() {
		t.Skip("SKIPPED: builds a program")
	}
	needRobustLists(t)
	dir := shmDir(t)
	s := openTest(t, dir)
	program := filepath.Join(dir, "returns")
	out, err := exec.Command(tool, "build", "-o", program, "./testdata/returns").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tid, done := sleeper(t, func() error { return watch(place(s, 3)) })
	asleep(t, tid)
	out, err = exec.Command(program, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	FutexWake(place(s, 3), 1) // the watcher began before there was an id in the word
	must(t, <-done)
}

func TestDeathMarksEveryWord(t *testing.T) {
	needRobustLists(t)
	s, c := enlisted(t, "1", "2", "3")
	c.kill()
	for i := 1; i <= 3; i++ {
		if err := watch(place(s, i)); err != nil {
			t.Errorf("word %d: %v", i, err)
		}
	}
}

// Of those who sleep on different knells of a word each is woken.
func TestDeathWakesOneForEachKnell(t *testing.T) {
	needRobustLists(t)
	s, c := enlisted(t, "1")
	var all []<-chan error
	for i := range Knells {
		w := knell(place(s, 1), i)
		if v := atomic.LoadUint32(w); v != atomic.LoadUint32(place(s, 1)) {
			t.Fatalf("knell %d is %#x", i, v)
		}
		tid, done := sleeper(t, func() error { return watch(w) })
		asleep(t, tid)
		all = append(all, done)
	}
	c.kill()
	for _, done := range all {
		must(t, <-done)
	}
}

// A watcher that is stopped does not swallow the only wake-up.
func TestDeathIsSeenThoughAWatcherIsGone(t *testing.T) {
	needRobustLists(t)
	s, c := enlisted(t, "1")
	w := place(s, 1)
	done := make(chan error, 1)
	first, gone := sleeper(t, func() error { return FutexWait(w, atomic.LoadUint32(w), -1) })
	asleep(t, first)
	eventually(t, "the first watcher to leave", func() bool { return wakeOne(w) })
	must(t, <-gone)
	go func() { done <- watch(w) }()
	c.kill()
	must(t, <-done)
}

func TestReleaseLeavesNoMark(t *testing.T) {
	for _, how := range []string{"enlist", "byte"} {
		dir := shmDir(t)
		s := openTest(t, dir)
		c := start(t, "alive", nil, dir, how, "1")
		c.expect("ready")
		c.tell("release")
		c.expect("released")
		c.in.Close()
		c.wait()
		if v := atomic.LoadUint32(place(s, 1)); v != 0 {
			t.Errorf("%s: after a release and the end of the process the word is %#x", how, v)
		}
	}
}

func TestReleaseEndsTheThread(t *testing.T) {
	needRobustLists(t)
	s := openTest(t, shmDir(t))
	release, left := make(chan bool), make(chan bool)
	w := place(s, 1)
	must(t, Enlist(s.Bytes(), s.File(), func(try func(*uint32) bool) error {
		if !try(w) {
			t.Error("a free word was not to be had")
		}
		return nil
	}, func() { <-release }, func() { close(left) }))
	before := threads(t)
	task := fmt.Sprint(atomic.LoadUint32(w) &^ futexWaiters)
	if !slices.Contains(before, task) {
		t.Fatalf("the word names thread %s, which is none of %v", task, before)
	}
	close(release)
	<-left
	for i := range Knells {
		if v := atomic.LoadUint32(knell(w, i)); v != 0 {
			t.Errorf("knell %d is %#x", i, v)
		}
	}
	if task == fmt.Sprint(os.Getpid()) {
		return // the main thread stays
	}
	eventually(t, "the thread to end", func() bool { return !slices.Contains(threads(t), task) })
}

func threads(t *testing.T) (names []string) {
	entries, err := os.ReadDir("/proc/self/task")
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
