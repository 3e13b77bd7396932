// Package pymarshal is the codec of Python's marshal module, so that a script
// that sends marshal.dumps(value) and reads marshal.loads(message) is a peer,
// as are scripts that use the mailslots of winsys.ipc.
//
// # Versions
//
// The format has versions. All of them up to 4 are read, and of version 5
// everything but slices. [Codec] writes version 2, the last that every Python
// from 2.5 to the newest reads: Python 2 knows neither the short forms of
// version 4 nor the references of version 3, and no later Python has dropped
// version 2. [New] gives a codec that writes version 3 or 4: in the values that
// this package writes, 3 differs from 2 in nothing, and 4 has shorter text and
// tuples. No version that this package writes has references.
//
// # Read
//
//	Python             into an any           into other types
//	None               nil                   nil pointers, slices, maps
//	bool               bool                  bool
//	int, long          int64, or *big.Int    any integer type that holds it, big.Int,
//	                   where it does not     and floating-point and complex types that
//	                   fit                   hold it exactly
//	float              float64               float64, float32, complex types
//	complex            complex128            complex128, complex64
//	str, unicode       string                string, []byte, encoding.TextUnmarshaler
//	bytes              []byte                []byte, byte arrays, string if it is UTF-8
//	list               []any                 slices, arrays of that length
//	tuple              [Tuple]               slices, arrays of that length
//	dict               [Dict]                Dict, maps, structs
//	set                [Set]                 Set, FrozenSet, slices, map[K]struct{}
//	frozenset          [FrozenSet]           the same
//	Ellipsis           [Ellipsis]            EllipsisType
//
// Types derived from these do as well, and pointers to them, which are allocated
// where they are nil. Slices and maps are made anew; fields of a struct that the
// dict does not name keep what they hold, and keys that no field has are
// ignored.
//
// A str of Python 2 is bytes, but that version writes the ones it has interned
// in a form that later means text. It is read as a string, or as []byte where it
// is not UTF-8; a string or []byte takes either.
//
// # Written
//
//	Go                                        Python
//	nil, nil pointers                         None
//	bool                                      bool
//	integers, big.Int                         int
//	float32, float64                          float
//	complex64, complex128                     complex
//	string, encoding.TextMarshaler            str
//	[]byte, byte arrays                       bytes
//	other slices, nil ones too                list
//	Tuple, other arrays                       tuple
//	Dict, structs, maps, nil ones too         dict
//	Set, map[K]struct{}                       set
//	FrozenSet                                 frozenset
//	Ellipsis                                  Ellipsis
//
// A map's keys are written in one order, that of their encoded bytes, so that
// equal values give equal messages. Keys of dicts and elements of sets must be
// what Python can hash: no lists, dicts or sets. Channels, functions and unsafe
// or uintptr pointers have no form.
//
// Fields of a struct are keys by their name, or by that of a tag:
//
//	Name  string `marshal:"name"`           // the key is "name"
//	Tries int    `marshal:"tries,omitzero"` // left out when zero
//	Cache []byte `marshal:"-"`              // never a key
//
// Fields of an embedded struct without a tag stand in the outer one's place;
// where names meet, the outer field is the key. An embedded pointer is a field
// like others.
//
// # Text
//
// A Python str may hold a lone surrogate, as os.fsdecode makes them, which no
// UTF-8 has. Python writes it as three bytes, ED A0..BF 80..BF. They stay in the
// Go string as they are, and are written as they are, so that such text comes
// back unchanged; utf8.ValidString tells it from the rest. A Go string with any
// other invalid UTF-8 is refused: send it as a []byte.
//
// # References
//
// From version 3 on a message refers to objects that it has written before.
// Each place gets a copy of its own, so that no two parts of a decoded value
// share memory. An object that contains itself is refused.
//
// # Limits and errors
//
// Values nest up to [DefaultMaxDepth] deep and are worth up to [DefaultMaxSize],
// whichever way they go; [Options] sets other limits. A message whose length
// does not warrant what it announces allocates nothing.
//
// Beyond a limit, and for values of types above that have no form, for objects
// that contain themselves, for code objects, slices and the StopIteration that
// the format also has, errors wrap codec.ErrTooComplex. Those about data wrap
// codec.ErrMalformed: what is no marshal data at all or has more bytes behind
// it, what Python could not have written, such as a list as a key, and values
// that do not fit the Go type they are meant for, such as 300 for an int8.
package pymarshal
