//go:build ipcseam

package shm

import (
	"io/fs"

	"github.com/winsys-go/ipc/internal/backend"
)

// A simRing is the file of a mailslot on the machine.
type simRing struct{ mem []byte }

func (r simRing) Bytes() []byte                      { return r.mem }
func (r simRing) Reserve(offset, length int64) error { return nil }
func (r simRing) Damaged() bool                      { return false }
func (r simRing) Close() error                       { return nil }

func (r simRing) Release(offset, length int64) error {
	clear(r.mem[offset : offset+length])
	return nil
}

func (s simSystem) CreateRing(i uint32, size int64) (backend.RingFile, error) {
	s.p.m.step(change)
	r := simRing{make([]byte, size)}
	s.p.m.rings[i] = r
	return r, nil
}

func (s simSystem) OpenRing(i uint32, size int64) (backend.RingFile, error) {
	s.p.m.step(change)
	r, ok := s.p.m.rings[i]
	if !ok || int64(len(r.mem)) != size {
		return nil, fs.ErrNotExist
	}
	return r, nil
}

func (s simSystem) RemoveRing(i uint32) error {
	s.p.m.step(change)
	delete(s.p.m.rings, i)
	return nil
}
