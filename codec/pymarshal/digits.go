package pymarshal

import (
	"encoding/binary"
	"math/big"
	"slices"
)

// joinDigits makes an integer of digits in two bytes each, the lowest first: an
// int64, or a *big.Int where it does not fit.
func joinDigits(digits []byte, negative bool) (any, error) {
	magnitude := make([]byte, 0, len(digits)) // the lowest byte first
	var bits, have uint
	var digit uint16
	for ; len(digits) > 0; digits = digits[2:] {
		digit = binary.LittleEndian.Uint16(digits)
		if digit >= digitBase {
			return nil, malformed("an integer with a digit of %d", digit)
		}
		if digit == 0 && len(digits) == 2 {
			return nil, malformed("an integer that begins with a zero digit")
		}
		bits |= uint(digit) << have
		for have += digitBits; have >= 8; have -= 8 {
			magnitude = append(magnitude, byte(bits))
			bits >>= 8
		}
	}
	magnitude = append(magnitude, byte(bits))
	slices.Reverse(magnitude)
	n := new(big.Int).SetBytes(magnitude)
	if negative {
		n.Neg(n)
	}
	if n.IsInt64() {
		return n.Int64(), nil
	}
	return n, nil
}

// splitDigits is the way back: the digits of a magnitude that comes with its
// highest byte first.
func splitDigits(magnitude []byte) []byte {
	digits := make([]byte, 0, len(magnitude)*16/digitBits+2)
	var bits, have uint
	for i := len(magnitude) - 1; i >= 0; i-- {
		bits |= uint(magnitude[i]) << have
		if have += 8; have >= digitBits {
			digits = binary.LittleEndian.AppendUint16(digits, uint16(bits%digitBase))
			bits >>= digitBits
			have -= digitBits
		}
	}
	if bits > 0 {
		digits = binary.LittleEndian.AppendUint16(digits, uint16(bits))
	}
	for n := len(digits); n > 0 && digits[n-1] == 0 && digits[n-2] == 0; n = len(digits) {
		digits = digits[:n-2]
	}
	return digits
}
