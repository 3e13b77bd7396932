package ipc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"strconv"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/shm"
)

// The engine's types on Linux. They are named, not reached through
// interfaces, so that the fast paths are direct calls.
type (
	engineNamespace = shm.Namespace
	engineObject    = shm.Object
	engineEvent     = shm.Event
	engineMutex     = shm.Mutex
	engineSemaphore = shm.Semaphore
	engineTimer     = shm.Timer
	engineOwner     = shm.Owner
	engineMailslot  = shm.Mailslot
	engineWriter    = shm.MailslotWriter
	engineProcess   = *linux.Process
)

var (
	_ backend.EventObject     = (*engineEvent)(nil)
	_ backend.MutexObject     = (*engineMutex)(nil)
	_ backend.SemaphoreObject = (*engineSemaphore)(nil)
	_ backend.TimerObject     = (*engineTimer)(nil)
	_ backend.MailslotReader  = (*engineMailslot)(nil)
	_ backend.MailslotSender  = (*engineWriter)(nil)
)

func engineWait(ctx context.Context, owner *engineOwner, all bool, refs []*engineObject) (backend.WaitResult, error) {
	return shm.Wait(ctx, owner, all, refs)
}

func engineSignalAndWait(ctx context.Context, owner *engineOwner, signal, wait *engineObject) (backend.WaitResult, error) {
	return shm.SignalAndWait(ctx, owner, signal, wait)
}

// openUser opens the namespace of the current user.
func openUser() (*engineNamespace, error) {
	return openSystem(linux.UserDir(), linux.Access{}, true)
}

// openGlobal opens the namespace of the machine, which only an administrator
// makes: without it, names with Global\ must not quietly be somebody's own.
func openGlobal() (*engineNamespace, error) {
	e, err := openSystem(linux.GlobalDir, globalAccess, false)
	return e, explainGlobal(err)
}

// globalAccess is that of whatever group the machine's namespace was made for.
var globalAccess = linux.Access{Group: true, GID: -1}

func explainGlobal(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(`names with Global\ need %s, which is not provisioned: run "ipc setup global --group GROUP" as root: %w`, linux.GlobalDir, ErrNotExist)
	}
	return err
}

// openDirectory opens the namespace in a directory, for one user or a group.
func openDirectory(dir, group string, create bool) (*engineNamespace, error) {
	access, err := accessOf(group)
	if err != nil {
		return nil, err
	}
	return openSystem(dir, access, create)
}

// accessOf is that of a group's namespace, or of one user's.
func accessOf(group string) (linux.Access, error) {
	if group == "" {
		return linux.Access{}, nil
	}
	gid, err := groupID(group)
	return linux.Access{Group: true, GID: gid}, err
}

func groupID(group string) (int, error) {
	if gid, err := strconv.Atoi(group); err == nil {
		return gid, nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return 0, fmt.Errorf("there is no group %q: %w", group, ErrInvalid)
	}
	return strconv.Atoi(g.Gid)
}

func openSystem(dir string, access linux.Access, create bool) (*engineNamespace, error) {
	sys, err := linux.OpenSystem(dir, access, create, linux.Format{
		Size: shm.Size, Reserve: shm.InitialReserve, Init: shm.Format, Check: shm.CheckHeader,
	})
	if err != nil {
		return nil, linuxError(err)
	}
	n, err := shm.Attach(sys.Bytes(), sys)
	if err != nil {
		sys.Close()
		return nil, err
	}
	return n, nil
}

// linuxError gives the errors of the system the sentinels of this package.
func linuxError(err error) error {
	switch {
	case errors.Is(err, linux.ErrDamaged):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case shm.IsNoSpace(err):
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return err
}

func openProcess(pid int) (engineProcess, error) {
	p, err := linux.OpenProcess(pid)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: it has ended, or never was", ErrNoProcess)
	}
	return p, err
}

// SetupGlobal provisions the namespace of names with Global\ for the members
// of a group, by name or number. Only an administrator may do so, once after
// each start of the machine.
func SetupGlobal(group string) error {
	gid, err := groupID(group)
	if err == nil {
		err = linux.SetupGlobal(linux.GlobalDir, gid)
	}
	if err != nil {
		return fail("set up global namespace", linux.GlobalDir, err)
	}
	return nil
}
