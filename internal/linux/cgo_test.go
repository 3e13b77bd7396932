//go:build linux && cgo

package linux

// With cgo in the program the runtime takes signals by another path, threads
// are the C library's and robust lists are too. Everything must work with it.
import _ "runtime/cgo"
