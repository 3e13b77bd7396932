//go:build linux || windows

package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
)

// serving runs ipc pipe listen, and returns when the pipe is there.
func serving(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := start(t, dir, append([]string{"pipe", "listen", name}, args...)...)
	untilPipe(t, dir, name)
	return p
}

func untilPipe(t *testing.T, dir, name string) {
	t.Helper()
	eventually(t, "a pipe "+name, func() bool { return pipeOf(dir, name) != nil })
}

// pipeOf looks at a pipe from outside.
func pipeOf(dir, name string) *ipc.PipeInfo {
	a := &app{dir: dir}
	defer a.closeNamespace()
	list, _ := a.pipes()
	for i := range list {
		if strings.EqualFold(list[i].Name, name) {
			return &list[i]
		}
	}
	return nil
}

func (p *process) says(text string) {
	p.t.Helper()
	if _, err := p.in.Write([]byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

// TestPipeTalk: what the one end reads the other writes, both ways, until both
// have ended.
func TestPipeTalk(t *testing.T) {
	for _, mode := range [][]string{nil, {"--message"}} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			dir := testDir(t)
			server := serving(t, dir, `build\chat`, mode...)
			client := start(t, dir, append([]string{"pipe", "connect", `\\.\pipe\BUILD\chat`}, mode...)...)
			client.says("hello\n\n")
			server.expect("hello")
			server.expect("")
			server.says("good day\n")
			client.expect("good day")
			client.in.Close()
			if halfCloses(mode) {
				server.says("still there\n")
				client.expect("still there")
			}
			server.in.Close()
			client.endsWith(0, "")
			server.endsWith(0, "")
		})
	}
}

// TestPipeFile: bytes go through as they are, also when nobody answers.
func TestPipeFile(t *testing.T) {
	dir := testDir(t)
	text := strings.Repeat("line without end\x00\xff", 1<<16)
	server := serving(t, dir, "drop")
	server.in.Close()
	client := make(chan result, 1)
	go func() { client <- inProcess(dir, text, "pipe", "connect", "drop") }()
	if got := server.ends(); got.status != 0 || got.out != text {
		t.Errorf("server: %d, %d bytes of %d, %q", got.status, len(got.out), len(text), got.err)
	}
	if got := <-client; got.status != 0 || got.out != "" {
		t.Errorf("client: %d, %q", got.status, got.err)
	}
}

// TestPipeKeep: one client after the other.
func TestPipeKeep(t *testing.T) {
	dir := testDir(t)
	server := serving(t, dir, "log", "--message", "--count", "3", "--json")
	for _, text := range []string{"one", "two", "\xff"} {
		if got := inProcess(dir, text+"\n", "pipe", "connect", "log", "--message"); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	server.in.Close()
	server.expect(`{"pipe":"log","size":3,"text":"one"}`)
	server.expect(`{"pipe":"log","size":3,"text":"two"}`)
	server.expect(`{"pipe":"log","size":1,"base64":"/w=="}`)
	server.endsWith(0, "")
}

// TestPipeBusy: there is one instance without --exec.
func TestPipeBusy(t *testing.T) {
	dir := testDir(t)
	server := serving(t, dir, "chat")
	client := start(t, dir, "pipe", "connect", "chat")
	untilClients(t, dir, "chat", 1)
	if got := inProcess(dir, "", "pipe", "connect", "chat", "--timeout", "0"); got.status != exitTimedOut || !strings.Contains(got.err, "no instance of pipe \"chat\" was free at once") {
		t.Errorf("%+v", got)
	}
	if got := inProcess(dir, "", "pipe", "listen", "Chat"); got.status != 1 || !strings.Contains(got.err, "already exists") {
		t.Errorf("%+v", got)
	}
	check(t, squeeze(must(t, dir, "ls")), fmt.Sprintf(`
NAME TYPE STATE OWNER WAITERS HANDLES
chat pipe %s %s - -
`, stateOfBusyPipe, serverShown(server.cmd.Process.Pid)))
	client.interrupt("interrupted")
	server.in.Close()
	server.endsWith(0, "")
	if pipeOf(dir, "chat") != nil {
		t.Error("the pipe outlives its server")
	}
}

// TestPipeEnds: what a connection that breaks, and an interrupt, are to the
// command.
func TestPipeEnds(t *testing.T) {
	dir := testDir(t)
	server := serving(t, dir, "chat")
	client := start(t, dir, "pipe", "connect", "chat")
	client.says("x\n")
	server.expect("x")
	server.kill("")
	// The pipe of the input takes this whether or not anybody reads it.
	client.says("y\n")
	client.endsWith(exitFailed, "closed before all of the input was sent")

	server = serving(t, dir, "chat", "--keep")
	server.interrupt("interrupted")

	// The standard output breaks, not the pipe.
	server = serving(t, dir, "chat")
	server.says("nobody reads this\n")
	client = prepare(t, "--namespace", dir, "pipe", "connect", "chat")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	client.cmd.Stdout = w
	if err := client.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	client.cmd.Wait()
	if status := childStatus(client.cmd.ProcessState); status != exitBrokenPipe {
		t.Errorf("the status is %d: %s", status, &client.err)
	}
	server.in.Close()
	server.endsWith(0, "")
}

// TestPipeExec: each client has a command of its own, several at once.
func TestPipeExec(t *testing.T) {
	for _, mode := range [][]string{nil, {"--message"}} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			dir := testDir(t)
			server := serving(t, dir, "echo", append(mode, "--max", "2", "--exec", self(t), "--", "helper-echo")...)
			server.in.Close()
			a := start(t, dir, append([]string{"pipe", "connect", "echo"}, mode...)...)
			b := start(t, dir, append([]string{"pipe", "connect", "echo"}, mode...)...)
			for _, p := range []*process{b, a, b} {
				p.says("line\n")
				p.expect("line")
			}
			untilClients(t, dir, "echo", 2)
			if got := inProcess(dir, "", "pipe", "connect", "echo", "--timeout", "1ms"); got.status != exitTimedOut {
				t.Errorf("a third: %+v", got)
			}
			a.in.Close()
			a.endsWith(0, "")
			untilClients(t, dir, "echo", 1)
			// It waits for its answer: a server that is killed while it starts a command
			// leaves that behind on Windows.
			c := start(t, dir, append([]string{"pipe", "connect", "echo"}, mode...)...)
			c.says("again\n")
			c.expect("again")
			c.in.Close()
			c.endsWith(0, "")
			server.interrupt("interrupted")
			b.in.Close()
			b.ends()
		})
	}
}

// TestPipeExecFails: what becomes of the command is told, and goes on.
func TestPipeExecFails(t *testing.T) {
	dir := testDir(t)
	server := serving(t, dir, "seven", "--count", "2", "--exec", self(t), "--", "helper-seven")
	for range 2 {
		if got := inProcess(dir, "", "pipe", "connect", "seven"); got.status != 0 || got.out != "" {
			t.Errorf("%+v", got)
		}
	}
	server.endsWith(0, "exit status 7\n")
}

func TestPipeCall(t *testing.T) {
	dir := testDir(t)
	server := serving(t, dir, "echo", "--message", "--exec", self(t), "--", "helper-echo")
	if got := must(t, dir, "pipe", "call", "echo", "two words"); got != "two words\n" {
		t.Errorf("%q", got)
	}
	if got := must(t, dir, "pipe", "call", "Echo", "x", "--json", "--timeout", "1m"); got != `{"pipe":"Echo","size":1,"text":"x"}`+"\n" {
		t.Errorf("%q", got)
	}
	// 0 does not wait for an instance, but for the answer.
	if got := must(t, dir, "pipe", "call", "echo", "y", "--timeout", "0"); got != "y\n" {
		t.Errorf("%q", got)
	}
	server.interrupt("")
	server = serving(t, dir, "busy", "--message", "--max", "1", "--exec", self(t), "--", "helper-echo")
	client := start(t, dir, "pipe", "connect", "busy", "--message")
	client.says("mine\n")
	client.expect("mine")
	for limit, late := range map[string]string{"0": "at once", "10ms": "within 10ms"} {
		got := inProcess(dir, "", "pipe", "call", "busy", "x", "--timeout", limit)
		if got.status != exitTimedOut || !strings.Contains(got.err, "no instance of pipe \"busy\" was free "+late) {
			t.Errorf("%+v", got)
		}
	}
	client.in.Close()
	client.ends()
	server.interrupt("")

	// It is no connection that counts, for a server who takes but one.
	server = serving(t, dir, "echo")
	for _, args := range [][]string{{"pipe", "call", "echo", "x"}, {"pipe", "connect", "ECHO", "--message"}} {
		if got := inProcess(dir, "", args...); got.status != 1 || !strings.Contains(got.err, "has bytes, not messages") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	server.in.Close()
	if got := inProcess(dir, "said\n", "pipe", "connect", "echo"); got.status != 0 {
		t.Errorf("%+v", got)
	}
	server.expect("said")
	server.endsWith(0, "")
	server = serving(t, dir, "silent", "--message", "--keep")
	if got := inProcess(dir, "", "pipe", "call", "silent", "x", "--timeout", "10ms"); got.status != exitTimedOut || !strings.Contains(got.err, "no answer came") {
		t.Errorf("%+v", got)
	}
	if got := inProcess(dir, "", "pipe", "connect", "silent", "--message"); got.status != 0 {
		t.Errorf("%+v", got)
	}
	server.kill("")
}

// TestPipeLineFeeds: messages with line feeds in them look like several, except as
// JSON, also to a command.
func TestPipeLineFeeds(t *testing.T) {
	dir := testDir(t)
	const two = "one\ntwo"
	shown := func(pipe string) string { return fmt.Sprintf(`{"pipe":%q,"size":7,"text":"one\ntwo"}`, pipe) }
	for name, json := range map[string][]string{"plain": nil, "json": {"--json"}} {
		server := serving(t, dir, name, append(json, "--message", "--exec", self(t), "--", "helper-echo")...)
		want := shown(name)
		if json == nil {
			want = "one"
		}
		if got := must(t, dir, "pipe", "call", name, two); got != want+"\n" {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		server.interrupt("")
	}
	server := serving(t, dir, "log", "--message", "--json")
	client := start(t, dir, "pipe", "call", "log", two)
	server.expect(shown("log"))
	server.kill("")
	client.endsWith(exitFailed, "")
}

// TestPipeShow: everything that is known of a pipe, and what is not.
func TestPipeShow(t *testing.T) {
	dir := testDir(t)
	n, err := ipc.OpenNamespace(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, o := range []ipc.PipeOptions{{}, {Direction: ipc.PipeInbound, MessageMode: true, MaxInstances: 3}} {
		l, err := n.ListenPipe(fmt.Sprintf("Pipe %d", o.MaxInstances), &o)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	c, err := n.TryDialPipe("pipe 3")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	server, described := serverShown(os.Getpid()), serverInJSON(os.Getpid())
	check(t, squeeze(must(t, dir, "show", `pipe:\\.\pipe\pipe 3`)), fmt.Sprintf(`
pipe:"Pipe 3"
mode messages
direction from clients to the server
server %s
instances 3
`, server)+clientsShown(1, pipeOf(dir, "pipe 3")))
	check(t, squeeze(must(t, dir, "show", "pipe:PIPE 0")), fmt.Sprintf(`
pipe:"Pipe 0"
mode bytes
direction both ways
server %s
instances any number
`, server)+clientsShown(-1, pipeOf(dir, "pipe 0")))
	all := must(t, dir, "ls", "--json")
	for _, want := range []string{
		fmt.Sprintf(`{"type":"pipe","name":"Pipe 0","direction":"duplex","server":%s%s`, described, clientsInJSON(-1, pipeOf(dir, "pipe 0"))),
		fmt.Sprintf(`{"type":"pipe","name":"Pipe 3","messages":true,"direction":"inbound","server":%s,"max_instances":3%s`, described, clientsInJSON(1, pipeOf(dir, "pipe 3"))),
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
	if got := must(t, dir, "__complete", "show", "pipe:"); !strings.HasPrefix(got, "pipe:Pipe 0\npipe:Pipe 3\n") {
		t.Errorf("completions: %q", got)
	}
	if got := must(t, dir, "__complete", "pipe", "connect", ""); !strings.HasPrefix(got, "Pipe 0\nPipe 3\n") {
		t.Errorf("completions: %q", got)
	}
}
