package ipc_test

import (
	"flag"
	"testing"

	"github.com/winsys-go/ipc/internal/conformance"
	"github.com/winsys-go/ipc/internal/testproc"
)

func TestMain(m *testing.M) {
	// The cases mostly wait: more of them at once than there are processors.
	flag.Set("test.parallel", "8")
	testproc.Main(m)
}

// TestConformance plays the cases of Windows on the package: in one process,
// with Owners and with handles as owners, and in many processes.
func TestConformance(t *testing.T) {
	global := globalDir(t)
	for _, played := range []struct {
		name string
		open func(t *testing.T) conformance.Backend
	}{
		{"owners", func(t *testing.T) conformance.Backend {
			return conformance.InOneProcess(t, conformance.Traits{Differs: differs(false)})
		}},
		{"handles", func(t *testing.T) conformance.Backend {
			return conformance.InOneProcess(t, conformance.Traits{Handles: true, Via: true, Differs: differs(false)})
		}},
		{"processes", func(t *testing.T) conformance.Backend {
			return conformance.InProcesses(t, conformance.Traits{Differs: differs(true)}, global)
		}},
		{"processes' handles", func(t *testing.T) conformance.Backend {
			return conformance.InProcesses(t, conformance.Traits{Handles: true, Via: true, Differs: differs(true)}, global)
		}},
	} {
		t.Run(played.name, func(t *testing.T) {
			// Under Wine -short is all there is.
			if testing.Short() && !testproc.UnderWine() && played.name == "processes' handles" {
				t.Skip("with -short: handles are played in one process, and processes with Owners")
			}
			conformance.Run(t, played.open)
		})
	}
}
