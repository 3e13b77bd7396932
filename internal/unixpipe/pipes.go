//go:build linux

package unixpipe

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// Pipes are the named pipes of one namespace, and what this process has open
// of them.
type Pipes struct {
	dir *linux.Dir

	mu     sync.Mutex
	closed bool
	open   map[io.Closer]struct{}
}

var _ backend.Pipes = (*Pipes)(nil)

// Open opens the pipes of the namespace in a directory, and removes the files
// of servers that have died.
func Open(path string, access linux.Access, create bool) (*Pipes, error) {
	dir, err := linux.OpenDir(path, access, create)
	if err != nil {
		return nil, err
	}
	p := &Pipes{dir: dir, open: map[io.Closer]struct{}{}}
	if _, err := p.List(); err != nil {
		dir.Close()
		return nil, err
	}
	return p, nil
}

// Close closes every listener and connection that was opened through p.
func (p *Pipes) Close() error {
	p.mu.Lock()
	open := p.open
	p.closed, p.open = true, nil
	p.mu.Unlock()
	var failed error
	for c := range open {
		failed = errors.Join(failed, c.Close())
	}
	if open != nil {
		failed = errors.Join(failed, p.dir.Close())
	}
	return failed
}

// add keeps what was opened, to close it with the namespace.
func (p *Pipes) add(c io.Closer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return backend.ErrPipeClosed
	}
	p.open[c] = struct{}{}
	return nil
}

func (p *Pipes) remove(c io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// stillThere makes sure that others who open the namespace find this directory.
func (p *Pipes) stillThere() error {
	if p.dir.Deleted() {
		return fmt.Errorf("%w: %s is another directory now, or none: close every handle and start again", backend.ErrDeleted, p.dir.Path())
	}
	return nil
}

// lockPatience is how long one who makes or removes a pipe waits for others
// who do.
const lockPatience = 10 * time.Second

func (p *Pipes) lock() (unlock func(), err error) {
	unlock, err = p.dir.Lock(lockPatience)
	if errors.Is(err, linux.ErrHeld) {
		err = fmt.Errorf("%w: %w", backend.ErrStalled, err)
	}
	return unlock, err
}

// openCard opens the card of a pipe, and reports whether its server lives.
//
//   - ErrNotExist: there is none.
func (p *Pipes) openCard(key string) (card *os.File, alive bool, err error) {
	card, err = p.dir.OpenFile(cardPrefix+key, false)
	if err != nil {
		return nil, false, err
	}
	alive, err = linux.ByteLocked(card, serverByte)
	if err != nil {
		card.Close()
		return nil, false, err
	}
	return card, alive, nil
}

// sweep removes what a dead server of the pipe has left. A server that is about
// to begin holds the lock of the directory until it lives.
func (p *Pipes) sweep(key string) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	card, alive, err := p.openCard(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer card.Close()
	if alive || !isCard(card) {
		return nil
	}
	return p.removeDead(key)
}

// removeDead removes the files of a pipe without a server. A socket that
// another program has put there and serves stays, as does anything that is not
// a socket. The card goes last, as it is what all this is found by.
func (p *Pipes) removeDead(key string) error {
	for _, name := range []string{socketPrefix + key, roomPrefix + key} {
		kind, err := p.dir.Kind(name)
		if err != nil || !linux.IsSocket(kind) || p.served(name) {
			continue
		}
		if err := p.dir.Remove(name); err != nil {
			return err
		}
	}
	return p.dir.Remove(cardPrefix + key)
}

// served reports whether anybody listens on a socket.
func (p *Pipes) served(name string) bool {
	path, err := p.dir.SocketPath(name)
	if err != nil {
		return true
	}
	return listens(path)
}

// List describes the pipes that are served, ordered by name. Files of dead
// servers that it meets it removes.
func (p *Pipes) List() ([]backend.PipeInfo, error) {
	names, err := p.dir.List()
	if err != nil {
		return nil, err
	}
	var list []backend.PipeInfo
	for _, name := range names {
		key, ok := strings.CutPrefix(name, cardPrefix)
		if !ok {
			continue
		}
		info, err := p.look(key)
		if err == nil {
			list = append(list, info)
		}
	}
	slices.SortFunc(list, func(a, b backend.PipeInfo) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// look reads the card of a pipe that is served.
func (p *Pipes) look(key string) (backend.PipeInfo, error) {
	card, alive, err := p.openCard(key)
	if err != nil {
		return backend.PipeInfo{}, err
	}
	defer card.Close()
	if !alive {
		p.sweep(key)
		return backend.PipeInfo{}, backend.ErrNotExist
	}
	info, err := readCard(card)
	if err != nil {
		return info, err
	}
	info.Path = filepath.Join(p.dir.Path(), socketPrefix+key)
	info.Clients = -1
	if info.MaxInstances > 0 {
		info.Clients, err = takenSlots(card, info.MaxInstances)
	}
	return info, err
}
