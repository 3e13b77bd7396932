// Command ipc gives shells and operators the objects of package ipc: it sets,
// locks and waits, and it shows who holds what.
package main

import (
	"os"

	"github.com/winsys-go/ipc/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
