//go:build linux

// Command returns ties word 3 of the segment in its argument to its life and
// returns from main.
package main

import (
	"log"
	"os"
	"unsafe"

	"github.com/winsys-go/ipc/internal/linux"
)

func main() {
	d, err := linux.OpenDir(os.Args[1], linux.Access{}, false)
	if err != nil {
		log.Fatal(err)
	}
	nothing := func([]byte) error { return nil }
	s, err := d.OpenSegment(1<<20, 64<<10, nothing, nothing)
	if err != nil {
		log.Fatal(err)
	}
	word := (*uint32)(unsafe.Pointer(&s.Bytes()[12]))
	if err := linux.KeepAlive(word, func() {}, func() { select {} }); err != nil {
		log.Fatal(err)
	}
}
