//go:build linux

package linux

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A SharedMemory is memory that two processes have mapped, who need not trust
// each other: its size is sealed, so that neither can take it away from the
// other. What one writes there, the other can read at any moment, and
// change; nothing that is read from it is to be believed.
type SharedMemory struct {
	mem     []byte
	unguard func()
}

const sizeSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// NewSharedMemory makes memory of so many bytes, all of which is there. The
// descriptor is for the other process and stays the caller's.
func NewSharedMemory(size int) (*SharedMemory, *os.File, error) {
	fd, err := unix.MemfdCreate("ipc-pipe-ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, explain(os.NewSyscallError("memfd_create", err))
	}
	f := os.NewFile(uintptr(fd), "ring")
	m, err := fillSharedMemory(fd, size)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return m, f, nil
}

func fillSharedMemory(fd, size int) (*SharedMemory, error) {
	if _, err := ignoringEINTR(func() (int, error) { return 0, unix.Fallocate(fd, 0, 0, int64(size)) }); err != nil {
		return nil, explain(os.NewSyscallError("fallocate", err))
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, sizeSeals); err != nil {
		return nil, os.NewSyscallError("F_ADD_SEALS", err)
	}
	return mapSharedMemory(fd, size)
}

// OpenSharedMemory maps the memory of another process. A file that could be
// made shorter, which would be a SIGBUS, or has another size, is refused.
func OpenSharedMemory(fd, size int) (*SharedMemory, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil || seals&sizeSeals != sizeSeals || st.Size != int64(size) {
		return nil, fmt.Errorf("%w: memory of %d bytes with seals %#x", ErrDamaged, st.Size, seals)
	}
	return mapSharedMemory(fd, size)
}

// mapSharedMemory also guards the mapping. The seals do not keep a peer from
// punching holes, and where the system promises no more memory than it has
// (vm.overcommit_memory=2), one that cannot be filled is a SIGBUS after all.
func mapSharedMemory(fd, size int) (*SharedMemory, error) {
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, explain(os.NewSyscallError("mmap", err))
	}
	unguard, _, err := Guard(mem)
	if err != nil {
		unix.Munmap(mem)
		return nil, err
	}
	return &SharedMemory{mem, unguard}, nil
}

// Bytes is the memory, until Close.
func (m *SharedMemory) Bytes() []byte { return m.mem }

// Word is the word at a multiple of 8.
func (m *SharedMemory) Word(offset int) *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Pointer(&m.mem[offset : offset+8][0]))
}

// Close unmaps the memory, which nobody may be using.
func (m *SharedMemory) Close() {
	m.unguard()
	unix.Munmap(m.mem)
	m.mem = nil
}
