package pymarshal

import (
	"encoding/binary"
	"math"
)

// take gives the next n bytes of the message itself.
func (r *reader) take(n int) ([]byte, error) {
	if n > len(r.rest) {
		return nil, malformed("cut off")
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken, nil
}

func (r *reader) byte() (byte, error) {
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// size reads how many bytes or values follow. Each takes a byte at least.
func (r *reader) size() (int, error) {
	n, err := r.uint32()
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt32 {
		return 0, malformed("a negative size")
	}
	return r.warranted(int(n))
}

// shortSize is size for the forms that have a byte for it.
func (r *reader) shortSize() (int, error) {
	n, err := r.byte()
	if err != nil {
		return 0, err
	}
	return r.warranted(int(n))
}

func (r *reader) warranted(n int) (int, error) {
	if n > len(r.rest) {
		return 0, malformed("cut off: %d bytes or values are announced and %d bytes follow", n, len(r.rest))
	}
	return n, nil
}

// paid takes n bytes and spends what they are worth.
func (r *reader) paid(n int) ([]byte, error) {
	if err := r.spend(n); err != nil {
		return nil, err
	}
	return r.take(n)
}
