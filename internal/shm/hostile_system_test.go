//go:build linux && !ipcseam

package shm

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"unsafe"

	"github.com/winsys-go/ipc/internal/linux"
)

// fence is how much memory that nobody may touch lies on either side of a
// fenced segment: a wild index is a crash, not a read of something else.
const fence = 1 << 34

// A fenced system has the segment mapped between two fences.
type fenced struct {
	*linux.System
	file  *os.File
	room  []byte // the mapping and its fences
	mem   []byte
	close sync.Once
}

func openFenced(dir string) (*fenced, error) {
	sys, err := linux.OpenSystem(dir, linux.Access{}, true, linux.Format{
		Size: Size, Reserve: InitialReserve, Init: Format, Check: CheckHeader,
	})
	if err != nil {
		return nil, err
	}
	f := &fenced{System: sys}
	if f.file, err = os.OpenFile(filepath.Join(dir, "segment"), os.O_RDWR, 0); err != nil {
		return nil, err
	}
	return f, f.mapBetween()
}

func (f *fenced) mapBetween() (err error) {
	const flags = syscall.MAP_PRIVATE | syscall.MAP_ANON | syscall.MAP_NORESERVE
	if f.room, err = syscall.Mmap(-1, 0, int(fence+Size+fence), syscall.PROT_NONE, flags); err != nil {
		return err
	}
	f.mem = f.room[fence : fence+Size : fence+Size]
	_, _, errno := syscall.Syscall6(syscall.SYS_MMAP, uintptr(unsafe.Pointer(&f.mem[0])), uintptr(Size),
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_FIXED, f.file.Fd(), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func (f *fenced) Enlist(pick func(try func(alive *uint32) bool) error, body func()) error {
	return linux.Enlist(f.mem, f.file, pick, body)
}

func (f *fenced) Gone(alive *uint32) bool {
	at := uintptr(unsafe.Pointer(alive)) - uintptr(unsafe.Pointer(&f.mem[0]))
	locked, err := linux.ByteLocked(f.file, int64(at))
	return err == nil && !locked
}

func (f *fenced) Close() error {
	f.close.Do(func() {
		syscall.Munmap(f.room)
		f.file.Close()
		f.System.Close()
	})
	return nil
}
