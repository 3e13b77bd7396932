package ipc

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/nt"
)

// The types of Windows: the kernel's own objects.
type (
	engineNamespace = nt.Namespace
	engineObject    = nt.Object
	engineEvent     = nt.Event
	engineMutex     = nt.Mutex
	engineSemaphore = nt.Semaphore
	engineTimer     = nt.Timer
	engineOwner     = nt.Owner
	engineMailslot  = nt.Mailslot
	engineWriter    = nt.MailslotWriter
	engineProcess   = *nt.Process
)

func engineWait(ctx context.Context, owner *engineOwner, all bool, refs []*engineObject) (backend.WaitResult, error) {
	return nt.Wait(ctx, owner, all, refs)
}

func engineSignalAndWait(ctx context.Context, owner *engineOwner, signal, wait *engineObject) (backend.WaitResult, error) {
	return nt.SignalAndWait(ctx, owner, signal, wait)
}

// openUser opens the namespace of the session, and openGlobal that of the
// machine. Windows has both.
func openUser() (*engineNamespace, error)   { return nt.Open(nt.Local), nil }
func openGlobal() (*engineNamespace, error) { return nt.Open(nt.Global), nil }

// openDirectory opens the namespace that a directory stands for. There is
// nothing to create.
func openDirectory(dir, group string, _ bool) (*engineNamespace, error) {
	if group != "" {
		return nil, fmt.Errorf("%w: on Windows each object has a Security descriptor, not the namespace a group", ErrUnsupported)
	}
	return nt.OpenDirectory(dir)
}

func openProcess(pid int) (engineProcess, error) { return nt.OpenProcess(pid) }

// checkSecurity has no objections: descriptors are the kernel's affair.
func checkSecurity(string) error { return nil }

// SetupGlobal provisions the namespace of names with Global\ for the members
// of a group. On Windows it is there, so this is not supported.
func SetupGlobal(string) error {
	return fail("set up global namespace", nt.Global, fmt.Errorf("%w: Windows has it already", ErrUnsupported))
}
