package ipc_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// TestPipeKernelNames: a pipe has the name in the kernel that the documentation
// says.
func TestPipeKernelNames(t *testing.T) {
	n := pipeNamespace(t)
	sum := sha256.Sum256([]byte(strings.ToLower(must(filepath.Abs(n.Dir())))))
	name := fmt.Sprint(`test\`, os.Getpid())
	for kernel, listen := range map[string]func() (*ipc.PipeListener, error){
		name:                                    func() (*ipc.PipeListener, error) { return ipc.ListenPipe(`Local\`+name, nil) },
		`Global\` + name:                        func() (*ipc.PipeListener, error) { return ipc.ListenPipe(`Global\`+name, nil) },
		fmt.Sprintf("ipc-%x-%s", sum[:8], name): func() (*ipc.PipeListener, error) { return n.ListenPipe(name, nil) },
	} {
		l := must(listen())
		h, err := windows.CreateFile(utf16(t, `\\.\pipe\`+kernel), windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0)
		if err != nil {
			t.Errorf("connect to %q without this package: %v", kernel, err)
		} else {
			must(l.AcceptPipe(soon(t))).Close()
			windows.CloseHandle(h)
		}
		l.Close()
	}
}

// TestPipeErrno: the code of Windows is in the error.
func TestPipeErrno(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
	defer l.Close()
	defer must(n.TryDialPipe("p")).Close()
	_, missing := n.TryDialPipe("missing")
	_, busy := n.TryDialPipe("p")
	_, taken := n.ListenPipe("p", nil)
	for _, c := range []struct {
		err, is error
		code    syscall.Errno
	}{
		{missing, ipc.ErrNotExist, windows.ERROR_FILE_NOT_FOUND},
		{busy, ipc.ErrPipeBusy, windows.ERROR_PIPE_BUSY},
		{taken, ipc.ErrExist, windows.ERROR_ACCESS_DENIED},
	} {
		var code syscall.Errno
		if !errors.Is(c.err, c.is) || !errors.As(c.err, &code) || code != c.code {
			t.Errorf("%v: want %v and code %d", c.err, c.is, c.code)
		}
	}
}

// TestPipeSecurity: a descriptor says who may connect. Wine 8 keeps it, and lets
// everybody connect.
func TestPipeSecurity(t *testing.T) {
	n := pipeNamespace(t)
	for _, c := range []struct {
		sddl string
		want error
	}{
		{"D:(A;;FA;;;WD)", nil},
		{"D:(A;;FA;;;" + thisUser(t) + ")", nil},
		{"D:(A;;FR;;;WD)", nil}, // what others get of a pipe of Windows
		{"D:(A;;FA;;;S-1-5-21-1-2-3-4)", ipc.ErrPermission},
		{"D:(D;;GRGW;;;WD)(A;;FA;;;WD)", ipc.ErrPermission},
	} {
		l := must(n.ListenPipe("p", &ipc.PipeOptions{Security: c.sddl, MaxInstances: 1}))
		conn, err := n.TryDialPipe("p")
		if !errors.Is(err, c.want) && !testproc.UnderWine() {
			t.Errorf("%s: %v, want %v", c.sddl, err, c.want)
		}
		if err == nil {
			conn.Close()
		}
		l.Close()
	}
	l := must(ipc.ListenPipe(unused(t), &ipc.PipeOptions{Security: "D:(A;;FA;;;WD)"}))
	defer l.Close()
	h := must(windows.CreateFile(utf16(t, l.Addr().String()), windows.READ_CONTROL|windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0))
	defer windows.CloseHandle(h)
	sd := must(windows.GetSecurityInfo(h, windows.SE_KERNEL_OBJECT, windows.DACL_SECURITY_INFORMATION))
	if sd.String() != "D:(A;;FA;;;WD)" {
		t.Errorf("the pipe has the descriptor %v", sd)
	}
}

// TestPipeDefaultSecurity: without a descriptor a pipe admits its owner, administrators
// and the system. The kernel's own choice would let everybody read.
func TestPipeDefaultSecurity(t *testing.T) {
	const everybody, anonymous = "S-1-1-0", "S-1-5-7"
	l := must(ipc.ListenPipe(unused(t), nil))
	defer l.Close()
	h := must(windows.CreateFile(utf16(t, l.Addr().String()), windows.READ_CONTROL|windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0))
	defer windows.CloseHandle(h)
	sd := must(windows.GetSecurityInfo(h, windows.SE_KERNEL_OBJECT, windows.DACL_SECURITY_INFORMATION))
	list, _, err := sd.DACL()
	if err != nil || list == nil {
		t.Fatalf("the pipe admits everybody: %v, %v", sd, err)
	}
	admitted := map[string]bool{}
	for i := range uint32(list.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &ace); err != nil {
			t.Fatal(err)
		}
		admitted[(*windows.SID)(unsafe.Pointer(&ace.SidStart)).String()] = true
	}
	if admitted[everybody] || admitted[anonymous] {
		t.Errorf("the pipe has the descriptor %v", sd)
	}
}

func init() { testproc.Register("pipe-many", pipeMany) }

// pipeMany listens on a pipe of each kind.
func pipeMany(c *testproc.Child) {
	n := open(c)
	must(n.ListenPipe(`a\In`, &ipc.PipeOptions{Direction: ipc.PipeInbound, MaxInstances: 7}))
	must(n.ListenPipe(`b|1 2 3 4`, &ipc.PipeOptions{MessageMode: true, Direction: ipc.PipeOutbound}))
	c.Sayf("listening")
	c.Line()
}

// TestPipesOfOthers: the list has the pipes of other processes, as long as they
// live, without connecting to them; and the objects that this takes are not
// among those that are listed.
func TestPipesOfOthers(t *testing.T) {
	n := pipeNamespace(t)
	p := testproc.Start(t, "pipe-many", n.Dir())
	p.Expect("listening")
	want := []ipc.PipeInfo{
		{Name: `a\In`, Direction: ipc.PipeInbound, MaxInstances: 7, ServerPID: p.PID(), Clients: -1},
		{Name: `b|1 2 3 4`, MessageMode: true, Direction: ipc.PipeOutbound, ServerPID: p.PID(), Clients: -1},
	}
	if got := must(n.Pipes()); !slices.Equal(got, want) {
		t.Errorf("the list is %+v, want %+v", got, want)
	}
	for _, o := range must(must(ipc.OpenNamespace(n.Dir(), nil)).Objects()) {
		t.Errorf("in the list of objects: %+v", o)
	}
	p.Kill()
	if got := must(n.Pipes()); len(got) != 0 {
		t.Errorf("when it is dead: %+v", got)
	}
}

// TestPipeCrowd: clients that nobody accepts wait, and are served when somebody
// does. Those that have left meanwhile are connections, too.
func TestPipeCrowd(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", nil))
	defer l.Close()
	const crowd = 200
	dialled := make(chan error, crowd)
	for i := range crowd {
		go func() {
			c, err := n.DialPipe(within(t), "p")
			if err == nil {
				_, err = fmt.Fprintf(c, "%d", i)
				c.Close()
			}
			dialled <- err
		}()
	}
	seen := map[string]bool{}
	for range crowd {
		c := must(l.AcceptPipe(within(t)))
		b, err := io.ReadAll(c)
		if err != nil || seen[string(b)] {
			t.Errorf("read %q, %v", b, err)
		}
		seen[string(b)] = true
		c.Close()
	}
	for range crowd {
		if err := <-dialled; err != nil {
			t.Error(err)
		}
	}
}

// TestPipeServerLeaves: a client that waits for an instance learns that the
// server gives the name up; a namespace that is closed ends its own waits.
func TestPipeServerLeaves(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
	client := must(n.TryDialPipe("p"))
	server := must(l.AcceptPipe(soon(t)))
	s := pipeScene{T: t, n: n}
	other := must(ipc.OpenNamespace(n.Dir(), nil))
	mine := blocked(s, func() (*ipc.PipeConn, error) { return n.DialPipe(context.Background(), "p") })
	others := blocked(s, func() (*ipc.PipeConn, error) { return other.DialPipe(context.Background(), "p") })
	foreignNil(t, other.Close())
	_, err := others()
	s.want("dial in a namespace that was closed", err, ipc.ErrClosed)
	l.Close()
	_, err = n.ListenPipe("p", nil)
	s.want("listen beside a connection that is left", err, ipc.ErrExist)
	_, err = n.TryDialPipe("p")
	s.want("dial while a connection is left", err, ipc.ErrPipeBusy)
	server.Close()
	client.Close()
	_, err = mine()
	s.want("dial", err, ipc.ErrNotExist)
}

// TestPipeSlowReader: Close does not wait for a peer that does not read.
func TestPipeSlowReader(t *testing.T) {
	for _, m := range pipeModes {
		n := pipeNamespace(t)
		server, client := pipePair(t, n, &m.options)
		s := pipeScene{T: t, n: n}
		s.fill(client)
		end := blocked(s, func() (int, error) { return client.Write(make([]byte, 1<<20)) })
		begin := time.Now()
		foreignNil(t, client.Close())
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("closing took %v", took)
		}
		_, err := end()
		s.want("the blocked write", err, ipc.ErrClosed)
		if _, err := io.Copy(io.Discard, server); err != nil {
			t.Errorf("what was written: %v", err)
		}
	}
}
