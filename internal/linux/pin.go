//go:build linux

package linux

import _ "unsafe" // for linkname

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// Pin keeps the goroutine running: the scheduler does not take its processor
// away until [Unpin]. Between the two it must not block, allocate, panic or
// call what might; a collection that starts meanwhile waits for it. Pins nest.
//
// A goroutine that holds a lock of the segment would otherwise be put aside
// for as long as other goroutines please to compute (80 ms were seen), and all
// other processes with it.
func Pin() { procPin() }

// Unpin ends what [Pin] began, on the same goroutine.
func Unpin() { procUnpin() }
