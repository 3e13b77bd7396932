//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("pipe-starving-server", pipeStarvingServer)
	testproc.Register("pipe-starving-client", pipeStarvingClient)
	testproc.Register("pipe-member", pipeMember)
}

// pipeStarvingServer accepts while it has no descriptors, and serves when it
// has some.
func pipeStarvingServer(c *testproc.Child) {
	n := open(c)
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 2}))
	limit(c, syscall.RLIMIT_NOFILE, 64)
	taken := takeDescriptors(c)
	accepted := make(chan error)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, err = io.Copy(conn, conn)
			conn.Close()
		}
		accepted <- err
	}()
	c.Sayf("starving")
	c.Line()
	select {
	case err := <-accepted:
		c.Fatalf("accepted without descriptors: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	giveDescriptors(taken)
	wantNothing(c, "serve", <-accepted)
	takeDescriptors(c)
	wantNothing(c, "close the listener", l.Close())
	c.Sayf("served")
	c.Line()
}

// TestPipeAcceptsLater: a server without descriptors accepts its clients as
// soon as it has some.
func TestPipeAcceptsLater(t *testing.T) {
	n := pipeNamespace(t)
	p := testproc.Start(t, "pipe-starving-server", n.Dir())
	p.Expect("starving")
	c := must(n.DialPipe(within(t), "p"))
	must(c.Write([]byte("x")))
	p.Sayf("go on")
	must(c.Read(make([]byte, 1)))
	c.Close()
	p.Expect("served")
	wantPipeFiles(t, n.Dir()) // it had to do without descriptors for that, too
	p.Exit()
}

type bothEnds struct{ r, w io.Closer }

func (p bothEnds) Close() error { return errors.Join(p.r.Close(), p.w.Close()) }

// pipeStarvingClient dials, listens and makes pipes with no descriptor left, with one, and so
// on. Each attempt fails cleanly or succeeds.
func pipeStarvingClient(c *testproc.Child) {
	n := open(c)
	must(n.DialPipe(context.Background(), "p")).Close() // which starts the runtime's poller
	limit(c, syscall.RLIMIT_NOFILE, 64)
	for what, try := range map[string]func() (io.Closer, error){
		"dial pipe":      func() (io.Closer, error) { return n.TryDialPipe("p") },
		"listen on pipe": func() (io.Closer, error) { return n.ListenPipe("mine", &ipc.PipeOptions{MaxInstances: 1}) },
		"create anonymous pipe": func() (io.Closer, error) {
			r, w, err := ipc.AnonymousPipe()
			return bothEnds{r, w}, err
		},
	} {
		taken := takeDescriptors(c)
		for free := 0; ; free++ {
			opened, err := try()
			if err == nil {
				wantNothing(c, "close", opened.Close())
				break
			}
			wantError(c, what, err, syscall.EMFILE, what, "ulimit -n")
			left := takeDescriptors(c)
			if len(left) != free {
				c.Fatalf("%s with %d descriptors lost some: %d are left", what, free, len(left))
			}
			giveDescriptors(left)
			giveDescriptors(taken[:1])
			taken = taken[1:]
		}
		giveDescriptors(taken)
	}
	c.Sayf("fine")
	c.Line()
}

// TestPipeFewDescriptors: what a process that may have no more files tries
// leaves nothing behind.
func TestPipeFewDescriptors(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", nil))
	defer l.Close()
	p := testproc.Start(t, "pipe-starving-client", n.Dir())
	p.Expect("fine")
	p.Exit()
	wantPipeFiles(t, n.Dir(), "card.p", "pipe.p")
}

// pipeMember is a user of a group's namespace: it serves, dials, or takes over
// from one that is dead.
func pipeMember(c *testproc.Child) {
	n, err := ipc.OpenNamespace(c.Args[0], &ipc.NamespaceOptions{Group: shared})
	if err != nil {
		c.Sayf("%v", errors.Is(err, ipc.ErrPermission))
		c.Line()
	}
	c.Sayf("open")
	for {
		switch c.Line() {
		case "listen":
			l, err := n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1})
			wantNothing(c, "listen", err)
			c.Sayf("listening")
			conn := must(l.AcceptPipe(context.Background()))
			c.Sayf("%d", must(conn.Peer()).UID)
		case "dial":
			conn, err := n.DialPipe(context.Background(), "p")
			wantNothing(c, "dial", err)
			c.Sayf("%d", must(conn.Peer()).UID)
		}
	}
}

// TestPipeOfGroup: the members of a group reach each other's pipes, and can
// replace those of the dead; nobody else can.
func TestPipeOfGroup(t *testing.T) {
	dir := filepath.Join(publicDir(t), "ns")
	a := startAs(t, alice, "pipe-member", dir)
	a.Expect("open")
	b := startAs(t, bob, "pipe-member", dir)
	b.Expect("open")
	m := startAs(t, mallory, "pipe-member", dir)
	m.Expect("true")
	a.Sayf("listen")
	a.Expect("listening")
	for _, name := range []string{"pipe.p", "wait.p"} {
		wantAccess(t, filepath.Join(dir, name), fs.ModeSocket|0o660, sharedGroup)
	}
	wantAccess(t, filepath.Join(dir, "card.p"), 0o660, sharedGroup)
	b.Sayf("dial")
	b.Expect("54321")
	a.Expect("54322")
	a.Kill()
	b.Sayf("listen")
	b.Expect("listening")
	b.Kill()
	m.Exit()
}

// TestPipeDeleted: when the directory of a namespace is removed, its pipes say
// so, instead of meeting nobody.
func TestPipeDeleted(t *testing.T) {
	dir := filepath.Join(hostileDir(t), "ns")
	n := must(ipc.OpenNamespace(dir, nil))
	defer n.Close()
	late := must(ipc.OpenNamespace(dir, nil))
	defer late.Close()
	later := must(ipc.OpenNamespace(dir, nil))
	defer later.Close()
	l := must(n.ListenPipe("p", nil))
	wantNothing(t, "remove", os.RemoveAll(dir))
	_, err := late.ListenPipe("q", nil)
	wantPipeError(t, "listen for the first time", err, ipc.ErrDeleted)
	_, err = late.Pipes()
	wantPipeError(t, "list for the first time", err, ipc.ErrDeleted)
	_, err = n.ListenPipe("q", nil)
	wantPipeError(t, "listen", err, ipc.ErrDeleted)
	_, err = n.TryDialPipe("p")
	wantPipeError(t, "dial", err, ipc.ErrDeleted)
	wantNothing(t, "close", l.Close())
	must(ipc.OpenNamespace(dir, nil)).Close()
	_, err = n.TryDialPipe("p")
	wantPipeError(t, "dial beside another", err, ipc.ErrDeleted)
	_, err = later.ListenPipe("q", nil)
	wantPipeError(t, "listen for the first time, beside another", err, ipc.ErrDeleted)
}
