package pymarshal_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/codec/pymarshal"
)

// NaNs keep their payloads, and zeros their sign.
func TestFloatsKeepTheirBits(t *testing.T) {
	for _, bits := range []uint64{0x7ff8000000000123, 0xfff8000000000001, 0x8000000000000000, 1} {
		var got float64
		through(t, pymarshal.Codec, math.Float64frombits(bits), &got)
		if math.Float64bits(got) != bits {
			t.Errorf("%x, want %x", math.Float64bits(got), bits)
		}
	}
}

func TestLongIntegers(t *testing.T) {
	for n := range 200 {
		for _, sign := range []int64{1, -1} {
			want := new(big.Int).Lsh(big.NewInt(sign), uint(n))
			for _, off := range []int64{-1, 0, 1} {
				var got big.Int
				through(t, pymarshal.Codec, new(big.Int).Add(want, big.NewInt(off)), &got)
				if got.Sub(&got, want); got.Cmp(big.NewInt(off)) != 0 {
					t.Errorf("%d * 2**%d + %d: is off by %v", sign, n, off, &got)
				}
			}
		}
	}
	long := bigInt(strings.Repeat("7", 5000))
	var got *big.Int
	if through(t, pymarshal.Codec, long, &got); got.Cmp(long) != 0 {
		t.Error("an integer of 5000 digits changed")
	}
}
