//go:build !linux && !windows

package ipc

import (
	"context"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/unsupported"
)

// The types of the backend; there is none for this system yet.
type (
	engineNamespace = unsupported.Namespace
	engineObject    = unsupported.Object
	engineEvent     = unsupported.Event
	engineMutex     = unsupported.Mutex
	engineSemaphore = unsupported.Semaphore
	engineTimer     = unsupported.Timer
	engineOwner     = unsupported.Owner
	engineMailslot  = unsupported.Mailslot
	engineWriter    = unsupported.Writer
	engineProcess   = *unsupported.Process
)

func engineWait(context.Context, *engineOwner, bool, []*engineObject) (backend.WaitResult, error) {
	return backend.WaitResult{}, unsupported.Err
}

func engineSignalAndWait(context.Context, *engineOwner, *engineObject, *engineObject) (backend.WaitResult, error) {
	return backend.WaitResult{}, unsupported.Err
}

func openUser() (*engineNamespace, error)                          { return nil, unsupported.Err }
func openGlobal() (*engineNamespace, error)                        { return nil, unsupported.Err }
func openDirectory(string, string, bool) (*engineNamespace, error) { return nil, unsupported.Err }
func openProcess(int) (engineProcess, error)                       { return nil, unsupported.Err }

// SetupGlobal provisions the namespace of names with Global\ for the members
// of a group. It is not supported on this system.
func SetupGlobal(string) error { return fail("set up global namespace", "", unsupported.Err) }
