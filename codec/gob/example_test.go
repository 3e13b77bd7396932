package gob_test

import (
	"fmt"

	"github.com/winsys-go/ipc/codec/gob"
)

func Example() {
	type job struct {
		Name  string
		Tries int
	}
	message, err := gob.Codec.Marshal(job{Name: "backup", Tries: 3})
	if err != nil {
		panic(err)
	}
	var got job
	if err := gob.Codec.Unmarshal(message, &got); err != nil {
		panic(err)
	}
	fmt.Println(got.Name, got.Tries)
	// Output: backup 3
}
