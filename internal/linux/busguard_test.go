//go:build linux && (amd64 || arm64)

package linux

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func init() {
	helpers["guard"] = helpGuard
	helpers["guard elsewhere"] = helpGuardElsewhere
	helpers["guard panics"] = helpGuardPanics
	helpers["guard released"] = helpGuardReleased
	helpers["guard sent"] = helpGuardSent
}

// mapFile maps a new file of size bytes.
func mapFile(dir string, size int) (mem []byte, file *os.File, err error) {
	file, err = os.CreateTemp(dir, "")
	if err != nil {
		return nil, nil, err
	}
	if err := file.Truncate(int64(size)); err != nil {
		return nil, nil, err
	}
	mem, err = unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return mem, file, err
}

// The file is cut short under goroutines that use the memory in every way, while
// the runtime collects, preempts, delivers signals and recovers from nil
// pointers. The process lives, the guard says so, and what was lost reads as
// zeros.
func TestGuardSurvivesTruncation(t *testing.T) {
	for _, keep := range []int64{0, 10 * 4096, 10*4096 + 100} {
		for _, who := range []string{"self", "parent"} {
			t.Run(fmt.Sprintf("to %d by %s", keep, who), func(t *testing.T) {
				dir := shmDir(t)
				c := start(t, "guard", nil, dir, fmt.Sprint(keep), who)
				path := c.line()
				if who == "parent" {
					must(t, os.Truncate(path, keep))
					c.tell("truncated")
				}
				c.expect("alive")
				if state := c.wait(); !state.Success() {
					t.Errorf("%v", state)
				}
			})
		}
	}
}

func helpGuard(in *bufio.Scanner, args []string) {
	const size = 256 * 4096
	var keep int64
	fmt.Sscan(args[1], &keep)
	mem, file, err := mapFile(args[0], size)
	check(err)
	release, tripped, err := Guard(mem)
	check(err)
	if tripped() {
		check(errors.New("tripped before the file was cut"))
	}
	notified := make(chan os.Signal, 1)
	signal.Notify(notified, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGBUS)

	var stop atomic.Bool
	var wg sync.WaitGroup
	var turns [5]atomic.Int64
	for i, work := range []func(){
		func() { atomic.AddUint32(word(&Segment{mem: mem}, rand.IntN(size/4)), 1) },
		func() { touch(mem) },
		func() { copy(mem[rand.IntN(size):], mem[rand.IntN(size):]) },
		func() { dereferenceNil() },
		func() { unix.Kill(os.Getpid(), unix.SIGUSR1); <-notified; runtime.GC() },
	} {
		wg.Go(func() {
			for !stop.Load() {
				work()
				turns[i].Add(1)
				runtime.Gosched() // so that on one processor the others have their turns
			}
		})
	}
	// more returns once every kind of work was done n times more.
	more := func(n int64) {
		for i := range turns {
			for end := turns[i].Load() + n; turns[i].Load() < end; {
				runtime.Gosched()
			}
		}
	}
	more(5)
	fmt.Println(file.Name())
	if args[2] == "self" {
		check(file.Truncate(keep))
	} else {
		in.Scan()
	}
	for !tripped() {
		runtime.Gosched()
	}
	more(5)
	for i := keep + 4095; i < size; i += 4096 {
		mem[i] = 1 // each page is touched
	}
	stop.Store(true)
	wg.Wait()
	checkLost(mem, file, int(keep+4095)&^4095)
	release()
	release()
	if !tripped() {
		check(errors.New("forgotten with the release"))
	}
	check(unix.Munmap(mem))
	fmt.Println("alive")
}

// checkLost verifies that pages from kept on are this process's own, and that
// those before are still the file's.
func checkLost(mem []byte, file *os.File, kept int) {
	again, err := unix.Mmap(int(file.Fd()), 0, len(mem), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	check(err)
	check(file.Truncate(int64(len(mem)))) // so that again can be read
	for i := range mem {
		mem[i] = 7
	}
	for i := range again {
		if shared := again[i] == 7; shared != (i < kept) {
			check(fmt.Errorf("byte %d of a file cut to %d: shared is %v", i, kept, shared))
		}
	}
}

//go:noinline
func touch(mem []byte) {
	i := rand.IntN(len(mem))
	mem[i]++
}

var nilPointer *int

//go:noinline
func dereferenceNil() {
	defer func() {
		if recover() == nil {
			panic("no panic")
		}
	}()
	*nilPointer = 1
}

// A bus error anywhere else is the Go runtime's business.
func TestGuardLeavesOtherBusErrorsAlone(t *testing.T) {
	for _, name := range []string{"guard elsewhere", "guard released"} {
		c := start(t, name, nil, shmDir(t))
		state := c.wait()
		if state.ExitCode() != 2 || !strings.Contains(c.stderr.String(), "unexpected fault address") || !strings.Contains(c.stderr.String(), "SIGBUS") {
			t.Errorf("%s: %v with %s", name, state, &c.stderr)
		}
	}
	// Sent by somebody, with no fault behind it.
	c := start(t, "guard sent", nil, shmDir(t))
	if state := c.wait(); state.ExitCode() != 2 || !strings.Contains(c.stderr.String(), "SIGBUS") {
		t.Errorf("sent: %v with %s", state, &c.stderr)
	}
	c = start(t, "guard panics", nil, shmDir(t))
	c.expect("recovered")
	if state := c.wait(); !state.Success() {
		t.Errorf("%v", state)
	}
}

// lostMapping guards one mapping and returns another, which is cut.
func lostMapping(dir string) (lost []byte) {
	guarded, _, err := mapFile(dir, 4*4096)
	check(err)
	_, _, err = Guard(guarded)
	check(err)
	lost, file, err := mapFile(dir, 4*4096)
	check(err)
	check(file.Truncate(0))
	return lost
}

func helpGuardElsewhere(_ *bufio.Scanner, args []string) {
	touch(lostMapping(args[0]))
	fmt.Println("survived")
}

func helpGuardPanics(_ *bufio.Scanner, args []string) {
	lost := lostMapping(args[0])
	debug.SetPanicOnFault(true)
	defer func() {
		if err, ok := recover().(interface{ Addr() uintptr }); ok && err.Addr() != 0 {
			fmt.Println("recovered")
		}
	}()
	touch(lost)
}

func helpGuardReleased(_ *bufio.Scanner, args []string) {
	mem, file, err := mapFile(args[0], 4096)
	check(err)
	release, _, err := Guard(mem)
	check(err)
	release()
	check(file.Truncate(0))
	touch(mem)
	fmt.Println("survived")
}

func helpGuardSent(in *bufio.Scanner, args []string) {
	lostMapping(args[0])
	unix.Kill(os.Getpid(), unix.SIGBUS)
	in.Scan()
}

// Several guards at once, one of which trips, each with its own answer.
func TestGuardTellsMappingsApart(t *testing.T) {
	dir := shmDir(t)
	var mems [3][]byte
	var files [3]*os.File
	var releases [3]func()
	var tripped [3]func() bool
	for i := range mems {
		var err error
		mems[i], files[i], err = mapFile(dir, 8*4096)
		must(t, err)
		defer unix.Munmap(mems[i])
		releases[i], tripped[i], err = Guard(mems[i])
		must(t, err)
	}
	must(t, files[1].Truncate(0))
	for i := range mems {
		touch(mems[i])
		if tripped[i]() != (i == 1) {
			t.Errorf("mapping %d: tripped is %v", i, tripped[i]())
		}
	}
	for _, release := range releases {
		release()
	}
	// The entry that had tripped is used again, with a clean slate.
	for range maxGuards {
		release, trips, err := Guard(mems[0])
		must(t, err)
		if trips() {
			t.Error("a new guard has tripped")
		}
		defer release()
	}
	if _, trips, err := Guard(mems[0]); err == nil || trips() {
		t.Errorf("guard number %d: %v", maxGuards+1, err)
	}
	if !tripped[1]() || tripped[0]() {
		t.Error("the answer changed after the release")
	}
}

func TestGuardRefusesOddMemory(t *testing.T) {
	mem, _, err := mapFile(shmDir(t), 8*4096)
	must(t, err)
	defer unix.Munmap(mem)
	for name, bad := range map[string][]byte{"none": nil, "empty": mem[:0], "not aligned": mem[1:]} {
		release, tripped, err := Guard(bad)
		if err == nil || tripped() {
			t.Errorf("%s: error %v", name, err)
		}
		release()
	}
}

// System calls on a lost page fail as they do without the guard.
func TestGuardAndSystemCalls(t *testing.T) {
	s := openTest(t, shmDir(t))
	release, tripped, err := Guard(s.Bytes())
	must(t, err)
	defer release()
	must(t, os.Truncate(s.Path(), 0))
	if err := FutexWait(word(s, 0), 0, -1); !errors.Is(err, syscall.EFAULT) {
		t.Errorf("futex: %v, want EFAULT", err)
	}
	if tripped() {
		t.Error("a system call tripped the guard")
	}
	touch(s.Bytes())
	if !tripped() {
		t.Error("a touch did not")
	}
}
