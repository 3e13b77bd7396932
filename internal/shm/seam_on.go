//go:build ipcseam

package shm

// mayPin is false, since a pinned goroutine may not stop anywhere.
const mayPin = false

// Step, when it is set, is called before every access to shared memory. A test
// may stop there for good (a death), or yield to another actor.
var Step func()

func seam() {
	if Step != nil {
		Step()
	}
}
