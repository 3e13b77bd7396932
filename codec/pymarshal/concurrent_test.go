package pymarshal_test

import (
	"sync"
	"testing"

	"github.com/winsys-go/ipc/codec/pymarshal"
)

// A type that no test has seen before is met by many at once.
func TestConcurrentUse(t *testing.T) {
	type fresh struct {
		smallStruct
		Next *fresh
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				want := fresh{smallStruct: smallStruct{Name: "n"}, Next: &fresh{}}
				var got fresh
				data, err := pymarshal.Codec.Marshal(want)
				if err == nil {
					err = pymarshal.Codec.Unmarshal(data, &got)
				}
				if err != nil || got.Name != "n" || got.Next == nil {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	all.Wait()
}
