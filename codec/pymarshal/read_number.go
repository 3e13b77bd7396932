package pymarshal

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

func (r *reader) integer(code byte) (any, error) {
	switch code {
	case codeInt:
		n, err := r.uint32()
		return int64(int32(n)), err
	case codeInt64:
		b, err := r.take(8)
		if err != nil {
			return nil, err
		}
		return int64(binary.LittleEndian.Uint64(b)), nil
	}
	count, err := r.uint32()
	if err != nil {
		return nil, err
	}
	digits := int64(int32(count))
	negative := digits < 0
	if negative {
		digits = -digits
	}
	if digits*2 > int64(len(r.rest)) {
		return nil, malformed("cut off: an integer of %d digits is announced", digits)
	}
	b, err := r.paid(int(digits) * 2)
	if err != nil {
		return nil, err
	}
	return joinDigits(b, negative)
}

func (r *reader) float(text bool) (float64, error) {
	if text {
		return r.textFloat()
	}
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
}

func (r *reader) complex(text bool) (any, error) {
	re, err := r.float(text)
	if err != nil {
		return nil, err
	}
	im, err := r.float(text)
	if err != nil {
		return nil, err
	}
	return complex(re, im), nil
}

// textFloat reads a number in the words of C's printf. One that is too large is
// infinite, as it is to Python.
func (r *reader) textFloat() (float64, error) {
	n, err := r.shortSize()
	if err != nil {
		return 0, err
	}
	b, err := r.take(n)
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if strings.ContainsAny(string(b), "xX_") || err != nil && !math.IsInf(f, 0) {
		return 0, malformed("%q is not a number", b)
	}
	return f, nil
}
