//go:build linux || windows

package ipc_test

import (
	"log"
	"os"

	"github.com/winsys-go/ipc"
)

// exampleNamespace opens a namespace of its own, so that the
// examples meet nobody. A program needs none: the functions of the package
// use that of the current user.
func exampleNamespace() (n *ipc.Namespace, remove func()) {
	dir, err := os.MkdirTemp(pipeParent, "ipc-example-*")
	if err != nil {
		log.Fatal(err)
	}
	if n, err = ipc.OpenNamespace(dir, nil); err != nil {
		log.Fatal(err)
	}
	return n, func() {
		n.Close()
		os.RemoveAll(dir)
	}
}
