package cbor_test

import (
	"fmt"

	"github.com/winsys-go/ipc/codec/cbor"
)

func Example() {
	type job struct {
		Name  string `cbor:"name"`
		Tries int    `cbor:"tries"`
	}
	message, err := cbor.Codec.Marshal(job{Name: "backup", Tries: 3})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%x\n", message)

	var got job
	if err := cbor.Codec.Unmarshal(message, &got); err != nil {
		panic(err)
	}
	fmt.Println(got.Name, got.Tries)
	// Output:
	// a2646e616d65666261636b757065747269657303
	// backup 3
}
