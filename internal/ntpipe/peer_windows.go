package ntpipe

import (
	"runtime"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// peerID gives the process at the other end, when it connected or began to
// listen.
func (c *Conn) peerID() (pid uint32, err error) {
	err = c.use(func(h windows.Handle) error {
		if c.server {
			return windows.GetNamedPipeClientProcessId(h, &pid)
		}
		return windows.GetNamedPipeServerProcessId(h, &pid)
	})
	return pid, err
}

// Peer tells who is at the other end. The user is the one that the kernel knows
// the client by or, of a server and where it does not say, that of the process
// as far as this user may know.
func (c *Conn) Peer() (backend.Peer, error) {
	pid, err := c.peerID()
	if err != nil {
		return backend.Peer{}, c.failed(err)
	}
	peer := backend.Peer{PID: int(pid), UID: -1, GID: -1}
	if c.server {
		c.use(func(h windows.Handle) error {
			peer.User = clientUser(h)
			return nil
		})
	}
	if peer.User == "" {
		peer.User = processUser(pid)
	}
	return peer, nil
}

// clientUser takes the identity of the client for a moment. Until the client has
// written something the kernel may not tell.
func clientUser(h windows.Handle) string {
	runtime.LockOSThread()
	if win32.ImpersonateNamedPipeClient(h) != nil {
		runtime.UnlockOSThread()
		return ""
	}
	var token windows.Token
	err := windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_QUERY, true, &token)
	if err := windows.RevertToSelf(); err != nil {
		panic("ntpipe: a thread keeps the identity of a client: " + err.Error())
	}
	runtime.UnlockOSThread()
	if err != nil {
		return ""
	}
	return tokenUser(token)
}

func processUser(pid uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var token windows.Token
	if windows.OpenProcessToken(h, windows.TOKEN_QUERY, &token) != nil {
		return ""
	}
	return tokenUser(token)
}

// tokenUser closes the token, and gives the identifier of its user.
func tokenUser(token windows.Token) string {
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return ""
	}
	return user.User.Sid.String()
}
