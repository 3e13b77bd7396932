//go:build linux

package linux

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
)

func init() {
	helpers["wake"] = helpWake
	helpers["alive"] = helpAlive
	helpers["lock"] = helpLock
	helpers["noop"] = func(in *bufio.Scanner, _ []string) { in.Scan() }
}

// helpWake wakes one who waits on word args[1] of the segment in args[0].
func helpWake(_ *bufio.Scanner, args []string) {
	s, err := testSegment(args[0])
	check(err)
	i, err := strconv.Atoi(args[1])
	check(err)
	for !wakeOne(word(s, i)) {
		runtime.Gosched()
	}
	fmt.Println("woken")
}

// helpAlive ties words of the segment in args[0] to its life, each the first
// free one from 1 on, by the means args[1], one for each of the rest of args,
// and then does what it is told.
func helpAlive(in *bufio.Scanner, args []string) {
	s, err := testSegment(args[0])
	check(err)
	noRobustList.Store(args[1] == "byte")
	release := make(chan bool)
	panics := make(chan bool)
	body := func() {
		select {
		case <-release:
		case <-panics:
			panic("as told")
		}
	}
	var mine []*uint32
	for range args[2:] {
		check(Enlist(s.Bytes(), s.File(), func(try func(*uint32) bool) error {
			i := 1
			for !try(place(s, i)) {
				i++
			}
			mine = append(mine, place(s, i))
			return nil
		}, body, func() {}))
	}
	fmt.Println("ready")
	for in.Scan() {
		switch in.Text() {
		case "exit":
			os.Exit(3)
		case "exec":
			check(syscall.Exec("/proc/self/exe", []string{"noop"}, append(os.Environ(), helperVariable+"=noop")))
		case "panic":
			panic("as told")
		case "panic in body":
			panics <- true
		case "fault":
			*word(&Segment{mem: make([]byte, 4)}, 1<<20)++
		case "release":
			close(release)
			for _, w := range mine {
				for atomic.LoadUint32(w) != 0 {
					runtime.Gosched()
				}
			}
			fmt.Println("released")
		}
	}
}

// helpLock locks byte args[1] of the segment in args[0] until it ends.
func helpLock(in *bufio.Scanner, args []string) {
	s, err := testSegment(args[0])
	check(err)
	i, err := strconv.ParseInt(args[1], 10, 64)
	check(err)
	check(LockByte(s.File(), i))
	fmt.Println("locked")
	in.Scan()
}
