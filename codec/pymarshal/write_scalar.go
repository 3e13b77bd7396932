package pymarshal

import (
	"encoding/binary"
	"math"
	"math/big"
)

func (w *writer) code(c byte) { w.out = append(w.out, c) }

func (w *writer) uint32(n uint32) { w.out = binary.LittleEndian.AppendUint32(w.out, n) }

func (w *writer) bool(b bool) {
	if b {
		w.code(codeTrue)
	} else {
		w.code(codeFalse)
	}
}

func (w *writer) int64(n int64) error {
	if n == int64(int32(n)) {
		w.code(codeInt)
		w.uint32(uint32(n))
		return nil
	}
	return w.long(big.NewInt(n))
}

func (w *writer) uint64(n uint64) error {
	if n <= math.MaxInt64 {
		return w.int64(int64(n))
	}
	return w.long(new(big.Int).SetUint64(n))
}

func (w *writer) bigInt(n *big.Int) error {
	if n.IsInt64() {
		return w.int64(n.Int64())
	}
	return w.long(n)
}

// long writes an integer of more than 32 bits.
func (w *writer) long(n *big.Int) error {
	digits := splitDigits(n.Bytes())
	if err := w.spend(len(digits)); err != nil {
		return err
	}
	count := int32(len(digits) / 2)
	if n.Sign() < 0 {
		count = -count
	}
	w.code(codeLong)
	w.uint32(uint32(count))
	w.out = append(w.out, digits...)
	return nil
}

func (w *writer) float(f float64) {
	w.code(codeFloat)
	w.floatBits(f)
}

func (w *writer) complex(c complex128) {
	w.code(codeComplex)
	w.floatBits(real(c))
	w.floatBits(imag(c))
}

func (w *writer) floatBits(f float64) {
	w.out = binary.LittleEndian.AppendUint64(w.out, math.Float64bits(f))
}

func (w *writer) bytes(b []byte) error {
	if err := w.spend(len(b)); err != nil {
		return err
	}
	w.code(codeBytes)
	w.uint32(uint32(len(b)))
	w.out = append(w.out, b...)
	return nil
}

// text writes a str, in version 4 in the shortest form there is.
func (w *writer) text(s string) error {
	if err := w.spend(len(s)); err != nil {
		return err
	}
	switch ascii := isASCII(s); {
	case w.version >= 4 && ascii && len(s) <= math.MaxUint8:
		w.out = append(w.out, codeShort, byte(len(s)))
	case w.version >= 4 && ascii:
		w.code(codeASCII)
		w.uint32(uint32(len(s)))
	case !ascii && !isText([]byte(s)):
		return tooComplex("a string that is not UTF-8; send it as a []byte")
	default:
		w.code(codeUnicode)
		w.uint32(uint32(len(s)))
	}
	w.out = append(w.out, s...)
	return nil
}
