//go:build linux

// Command returns ties the word at 192 of the segment in its argument to its life and
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
	word := (*uint32)(unsafe.Pointer(&s.Bytes()[192]))
	pick := func(try func(*uint32) bool) error {
		if !try(word) {
			log.Fatal("the word is taken")
		}
		return nil
	}
	if err := linux.Enlist(s.Bytes(), s.File(), pick, func() { select {} }, func() {}); err != nil {
		log.Fatal(err)
	}
}
