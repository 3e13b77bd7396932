package shm

import "testing"

// TestStale: a segment is of an earlier boot only if both are known.
func TestStale(t *testing.T) {
	known, other, unknown := [16]byte{1}, [16]byte{2}, [16]byte{}
	for _, c := range []struct {
		made, now [16]byte
		stale     bool
	}{
		{known, known, false},
		{known, other, true},
		{unknown, known, false},
		{known, unknown, false},
		{unknown, unknown, false},
	} {
		mem := make([]byte, InitialReserve)
		Format(mem, c.made)
		if stale, err := CheckHeader(mem[:pageSize], c.now); stale != c.stale || err != nil {
			t.Errorf("made in %v, now %v: %v, %v", c.made[0], c.now[0], stale, err)
		}
	}
}
