package pymarshal_test

import (
	"fmt"

	"github.com/winsys-go/ipc/codec/pymarshal"
)

func Example() {
	type job struct {
		Name  string   `marshal:"name"`
		Tries int      `marshal:"tries"`
		Hosts []string `marshal:"hosts"`
	}
	// marshal.dumps({'name': 'backup', 'tries': 3, 'hosts': ['a', 'b']}, 4)
	message := []byte("{z\x04namez\x06backupz\x05triesi\x03\x00\x00\x00z\x05hosts[\x02\x00\x00\x00z\x01az\x01b0")

	var got job
	if err := pymarshal.Codec.Unmarshal(message, &got); err != nil {
		panic(err)
	}
	fmt.Println(got.Name, got.Tries, got.Hosts)

	// marshal.loads gives ('done', 3).
	reply, err := pymarshal.Codec.Marshal(pymarshal.Tuple{"done", got.Tries})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", reply)
	// Output:
	// backup 3 [a b]
	// "(\x02\x00\x00\x00u\x04\x00\x00\x00donei\x03\x00\x00\x00"
}

// A message of unknown form is decoded into an any.
func ExampleDict() {
	// marshal.dumps({'point': (1, 2.5), b'raw': None}, 2)
	message := []byte("{u\x05\x00\x00\x00point(\x02\x00\x00\x00i\x01\x00\x00\x00g\x00\x00\x00\x00\x00\x00\x04@s\x03\x00\x00\x00rawN0")

	var got any
	if err := pymarshal.Codec.Unmarshal(message, &got); err != nil {
		panic(err)
	}
	for _, item := range got.(pymarshal.Dict) {
		fmt.Printf("%T %s: %T %v\n", item.Key, item.Key, item.Value, item.Value)
	}
	// Output:
	// string point: pymarshal.Tuple [1 2.5]
	// []uint8 raw: <nil> <nil>
}
