//go:build linux

package linux

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
	"weak"

	"golang.org/x/sys/unix"
)

// Flags is how many flags a page has.
const Flags = 1024

const flagBytes = Flags * 4

// A FlagPage is a page of memory with flags, each of which one process raises,
// once, and others look at by a single load. It is handed to them as a
// descriptor. Nobody can shorten it, and only its maker can write to it, so
// that neither side can harm the other.
type FlagPage struct {
	mem []byte
}

// NewFlagPage makes a page whose flags are all down. The descriptor is for
// others and stays the caller's.
func NewFlagPage() (*FlagPage, *os.File, error) {
	fd, err := unix.MemfdCreate("ipc-pipe", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, explain(os.NewSyscallError("memfd_create", err))
	}
	f := os.NewFile(uintptr(fd), "flags")
	p, err := fillFlagPage(fd)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return p, f, nil
}

func fillFlagPage(fd int) (*FlagPage, error) {
	if err := unix.Fallocate(fd, 0, 0, flagBytes); err != nil {
		return nil, explain(os.NewSyscallError("fallocate", err))
	}
	p, err := mapFlagPage(fd, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return nil, err
	}
	// Without FUTURE_WRITE (before Linux 5.1) a peer could raise a flag. It could
	// as well close the connection, or overwrite the whole namespace.
	const size = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, size|unix.F_SEAL_FUTURE_WRITE|unix.F_SEAL_SEAL); err != nil {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, size|unix.F_SEAL_SEAL); err != nil {
			return nil, os.NewSyscallError("F_ADD_SEALS", err)
		}
	}
	return p, nil
}

// mapFlagPage maps a page until nothing refers to it any more: a goroutine may
// be about to look at a flag when the connection that it belongs to is closed.
func mapFlagPage(fd, protection int) (*FlagPage, error) {
	mem, err := unix.Mmap(fd, 0, flagBytes, protection, unix.MAP_SHARED)
	if err != nil {
		return nil, explain(os.NewSyscallError("mmap", err))
	}
	p := &FlagPage{mem: mem}
	runtime.AddCleanup(p, func(mem []byte) { unix.Munmap(mem) }, mem)
	return p, nil
}

// flagPages are the pages of others that this process has mapped. A page
// serves many connections, so it is looked for before it is mapped once more.
var flagPages struct {
	sync.Mutex
	known map[pageID]weak.Pointer[FlagPage]
}

type pageID struct{ dev, ino uint64 }

// OpenFlagPage maps the page of another process. A file that could be
// shortened under the mapping, which would be a SIGBUS, is refused.
func OpenFlagPage(fd int) (*FlagPage, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil || seals&unix.F_SEAL_SHRINK == 0 || st.Size != flagBytes {
		return nil, fmt.Errorf("%w: a page of flags has %d bytes and seals %#x", ErrDamaged, st.Size, seals)
	}
	id := pageID{uint64(st.Dev), st.Ino}
	flagPages.Lock()
	defer flagPages.Unlock()
	if p := flagPages.known[id].Value(); p != nil {
		return p, nil
	}
	p, err := mapFlagPage(fd, unix.PROT_READ)
	if err != nil {
		return nil, err
	}
	if flagPages.known == nil {
		flagPages.known = map[pageID]weak.Pointer[FlagPage]{}
	}
	flagPages.known[id] = weak.Make(p)
	runtime.AddCleanup(p, forgetFlagPage, id)
	return p, nil
}

func forgetFlagPage(id pageID) {
	flagPages.Lock()
	defer flagPages.Unlock()
	if flagPages.known[id].Value() == nil {
		delete(flagPages.known, id)
	}
}

// Raise raises flag i, and Raised reports whether it is up.
func (p *FlagPage) Raise(i int) {
	atomic.StoreUint32(p.word(i), 1)
	runtime.KeepAlive(p)
}

// Raised reports whether flag i is up.
func (p *FlagPage) Raised(i int) bool {
	up := atomic.LoadUint32(p.word(i)) != 0
	runtime.KeepAlive(p)
	return up
}

func (p *FlagPage) word(i int) *uint32 {
	return (*uint32)(unsafe.Pointer(&p.mem[4*i : 4*i+4][0]))
}
