//go:build linux && !ipcseam

package shm

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"unsafe"

	"github.com/winsys-go/ipc/internal/backend"
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
	f.room, f.mem, err = mapBetween(f.file, Size)
	return err
}

// mapBetween maps a file in the middle of room that nobody may touch.
func mapBetween(file *os.File, size int64) (room, mem []byte, err error) {
	const flags = syscall.MAP_PRIVATE | syscall.MAP_ANON | syscall.MAP_NORESERVE
	if room, err = syscall.Mmap(-1, 0, int(fence+size+fence), syscall.PROT_NONE, flags); err != nil {
		return nil, nil, err
	}
	mem = room[fence : fence+size : fence+size]
	_, _, errno := syscall.Syscall6(syscall.SYS_MMAP, uintptr(unsafe.Pointer(&mem[0])), uintptr(size),
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_FIXED, file.Fd(), 0)
	if errno != 0 {
		syscall.Munmap(room)
		return nil, nil, errno
	}
	return room, mem, nil
}

func (f *fenced) Enlist(pick func(try func(alive *uint32) bool) error, body, left func()) error {
	return linux.Enlist(f.mem, f.file, pick, body, left)
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

// A fencedRing is the file of a mailslot, mapped like that once more.
type fencedRing struct {
	*linux.Ring
	room    []byte
	mem     []byte
	unguard func()
	tripped func() bool
}

func (f *fenced) CreateRing(i uint32, size int64) (backend.RingFile, error) {
	return fenceRing(f.System.CreateRing(i, size))
}

func (f *fenced) OpenRing(i uint32, size int64) (backend.RingFile, error) {
	return fenceRing(f.System.OpenRing(i, size))
}

func fenceRing(file backend.RingFile, err error) (backend.RingFile, error) {
	if err != nil {
		return nil, err
	}
	r := &fencedRing{Ring: file.(*linux.Ring)}
	if r.room, r.mem, err = mapBetween(r.File(), int64(len(file.Bytes()))); err != nil {
		file.Close()
		return nil, err
	}
	r.unguard, r.tripped, err = linux.Guard(r.mem)
	return r, err
}

func (r *fencedRing) Bytes() []byte { return r.mem }
func (r *fencedRing) Damaged() bool { return r.tripped() }

func (r *fencedRing) Close() error {
	r.unguard()
	syscall.Munmap(r.room)
	return r.Ring.Close()
}
