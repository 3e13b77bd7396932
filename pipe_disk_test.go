//go:build linux

package ipc_test

import (
	"os"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("full-for-pipes", fullForPipes) }

// fullForPipes listens where there is no room for what describes a pipe, and
// where there is none for another file.
func fullForPipes(c *testproc.Child) {
	d := newDisk(c, c.Args[0], "size=2m,nr_inodes=8")
	n, _ := openTwice(c)
	before := must(os.ReadDir(n.Dir()))
	refused := func(name string, o *ipc.PipeOptions) {
		_, err := n.ListenPipe(name, o)
		wantFull(c, "listen", err, n.Dir(), "listen on pipe", name)
		if files := must(os.ReadDir(n.Dir())); len(files) != len(before) {
			c.Fatalf("%v remains", files)
		}
	}
	d.fill()
	refused("p", nil)
	d.free(1)
	first := must(n.ListenPipe("p", nil)) // the last but two of the files
	before = must(os.ReadDir(n.Dir()))
	refused("limited", &ipc.PipeOptions{MaxInstances: 1}) // which takes three
	wantNothing(c, "close", first.Close())
	must(n.ListenPipe("q", nil)).Close()
	c.Sayf("fine")
	c.Line()
}
