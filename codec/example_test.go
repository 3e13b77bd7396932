package codec_test

import (
	"errors"
	"fmt"

	"github.com/winsys-go/ipc/codec"
)

func Example() {
	type job struct {
		Name  string `json:"name"`
		Tries int    `json:"tries"`
	}
	message, err := codec.JSON.Marshal(job{Name: "backup", Tries: 3})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(message))

	var got job
	if err := codec.JSON.Unmarshal(message, &got); err != nil {
		panic(err)
	}
	fmt.Println(got.Name, got.Tries)

	err = codec.JSON.Unmarshal([]byte("{"), &got)
	fmt.Println(errors.Is(err, codec.ErrMalformed))
	// Output:
	// {"name":"backup","tries":3}
	// backup 3
	// true
}
