package foreign

import (
	"testing"

	"github.com/winsys-go/ipc/internal/testproc"
)

// Where Wine answers otherwise than Windows documents, cases of the conformance
// suite are left out there. These tests show the deviation without this
// project's code: one that fails under a later Wine says which case to put back.

// TestSetSignalledTimer is why TI-11 is left out: setting a timer unsets it, but
// Wine does that to manual-reset timers only.
func TestSetSignalledTimer(t *testing.T) {
	p := Start(t)
	later := p.Do("create timer %s 1", newName())
	for _, manual := range []int{0, 1} {
		h := p.Do("create timer %s %d", newName(), manual)
		p.Do("arm %d 0 0", h)
		p.Do("arm %d 1 0", later)
		p.Answers("OK 0", "wait any -1 %d", later) // h, too, is signalled then
		p.Do("arm %d 3600000 0", h)
		want := "TIMEOUT 0"
		if testproc.UnderWine() && manual == 0 {
			want = "OK 0"
		}
		p.Answers(want, "wait any 0 %d", h)
	}
	p.Exit()
}
