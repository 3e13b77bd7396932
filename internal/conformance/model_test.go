package conformance_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/winsys-go/ipc/internal/conformance"
	"github.com/winsys-go/ipc/internal/conformance/oracle"
	"github.com/winsys-go/ipc/internal/testproc"
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

func TestMain(m *testing.M) {
	// The cases mostly wait: more of them at once than there are processors.
	flag.Set("test.parallel", "16")
	testproc.Main(m)
}

// A specification is the model, behind a lock.
type specification struct {
	world  *oracle.Shared
	traits conformance.Traits
}

func (s *specification) Process() actor.Actor       { return s.world.NewActor() }
func (s *specification) Traits() conformance.Traits { return s.traits }

func (s *specification) Leftover() ([]string, error) {
	if n := s.world.Objects(); n > 0 {
		return []string{fmt.Sprintf("%d objects", n)}, nil
	}
	return nil, nil
}

// TestSpecification plays the cases on the model: they are what the model was
// written for, and it is what the engines are compared with. It asks nothing of a
// system, so that it need not be played on Wine.
func TestSpecification(t *testing.T) {
	if testproc.UnderWine() {
		t.Skip("the model is the same on every system")
	}
	for _, played := range []struct {
		name   string
		traits conformance.Traits
	}{
		{"owners", conformance.Traits{}},
		{"handles", conformance.Traits{Handles: true}},
		{"processes", conformance.Traits{Spread: true, Via: true}},
	} {
		t.Run(played.name, func(t *testing.T) {
			conformance.Run(t, func(t *testing.T) conformance.Backend {
				traits := played.traits
				traits.Files, traits.NoSecurity = testproc.TempDir(t, ""), true
				return &specification{oracle.NewShared(), traits}
			})
		})
	}
}
