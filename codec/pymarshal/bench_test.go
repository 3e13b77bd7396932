package pymarshal_test

import (
	"testing"

	"github.com/winsys-go/ipc/codec/pymarshal"
)

var small = dict{{"name", "backup"}, {"tries", int64(3)}, {"rate", 0.5}, {"tags", list{"a", "b"}}}

type smallStruct struct {
	Name  string   `marshal:"name"`
	Tries int      `marshal:"tries"`
	Rate  float64  `marshal:"rate"`
	Tags  []string `marshal:"tags"`
}

func BenchmarkMarshal(b *testing.B) {
	for name, v := range map[string]any{
		"dict":   small,
		"map":    map[string]any{"name": "backup", "tries": 3, "rate": 0.5, "tags": []string{"a", "b"}},
		"struct": smallStruct{"backup", 3, 0.5, []string{"a", "b"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pymarshal.Codec.Marshal(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data, err := pymarshal.Codec.Marshal(small)
	if err != nil {
		b.Fatal(err)
	}
	for name, into := range map[string]any{"any": new(any), "map": new(map[string]any), "struct": new(smallStruct)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := pymarshal.Codec.Unmarshal(data, into); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
