package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPipeExecWaits: without descriptors for the command of a client the server
// says so once, and serves the client when it has some.
func TestPipeExecWaits(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	server := prepare(t, "--namespace", dir, "pipe", "listen", "echo", "--exec", self(t), "--", "helper-echo")
	server.cmd.Stderr = nil
	complaints, err := server.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.begin()
	untilPipe(t, dir, "echo")
	pid := server.cmd.Process.Pid
	// A connection has one and its instance another, which leaves too few for a
	// pair of pipes.
	before := leaveDescriptors(t, pid, 2)
	first, second := start(t, dir, "pipe", "connect", "echo"), start(t, dir, "pipe", "connect", "echo")
	first.says("one\n")
	second.says("two\n")
	said := bufio.NewReader(complaints)
	line, err := said.ReadString('\n')
	if err != nil || !strings.Contains(line, "cannot be started for the moment, clients wait until it can: ") {
		t.Errorf("%q, %v", line, err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil); err != nil {
		t.Fatal(err)
	}
	first.expect("one")
	second.expect("two")
	for _, p := range []*process{first, second} {
		p.in.Close()
		p.endsWith(0, "")
	}
	server.cmd.Process.Signal(unix.SIGTERM)
	if rest, err := io.ReadAll(said); err != nil || string(rest) != "ipc: interrupted\n" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	server.cmd.Wait()
}

// leaveDescriptors lets a process have so many more descriptors than it has, and
// returns how many it could have.
func leaveDescriptors(t *testing.T, pid, more int) (before unix.Rlimit) {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	used := map[int]bool{}
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		used[fd] = true
	}
	limit := 0
	for free := 0; free < more; limit++ {
		if !used[limit] {
			free++
		}
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: uint64(limit), Max: before.Max}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
		t.Fatal(err)
	}
	return before
}
