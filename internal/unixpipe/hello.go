//go:build linux

package unixpipe

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// A hello is the first that each end sends, with at most one descriptor:
//
//	 0  8 bytes  magic and version, as on a card
//	 8  uint32   flags: 1 messages, 2 a descriptor comes with it, 8 this end
//	             knows of rings; others are offers that who does not know them
//	             does not answer
//	12  uint32   server: the number of this connection's flag
//	16  16 bytes reserved, 0
const helloSize = 32

const (
	helloDescriptor = 2
	helloRings      = 8
)

// ourAddress begins the address of a client's socket. It tells the server, by
// accept alone, that the client speaks this protocol; that the server does is
// told by its card. To anybody else not a byte is sent that their peer did not
// write.
var ourAddress = fmt.Sprintf("@%s/%d/", cardMagic, cardVersion)

func newAddress() *net.UnixAddr {
	return &net.UnixAddr{Name: fmt.Sprintf("%s%016x", ourAddress, rand.Uint64()), Net: "unix"}
}

func isOurs(peer net.Addr) bool {
	a, ok := peer.(*net.UnixAddr)
	return ok && a != nil && strings.HasPrefix(a.Name, ourAddress)
}

// sendHello never blocks: it is the first in an empty buffer.
func sendHello(sock *net.UnixConn, message bool, index int, descriptor *os.File) error {
	var rights []byte
	flags := uint32(helloRings)
	if message {
		flags |= flagMessage
	}
	if descriptor != nil {
		flags |= helloDescriptor
		rights = syscall.UnixRights(int(descriptor.Fd()))
	}
	b := append(make([]byte, 0, helloSize), cardMagic...)
	b = append(b, cardVersion)
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = binary.LittleEndian.AppendUint32(b, uint32(index))
	_, _, err := sock.WriteMsgUnix(b[:helloSize], rights, nil)
	return err
}

// greet reads the peer's hello, before anything else is read. It may be called
// by several, and again after it has failed for want of time.
func (c *Conn) greet() (err error) {
	if c.greeted.Load() {
		return nil
	}
	c.hearing.enter()
	defer c.hearing.leave()
	outer := c.raw.Read(func(uintptr) bool {
		err = c.greetNow()
		return err != errNothing
	})
	if outer != nil {
		return mendRead(outer)
	}
	return err
}

// greetNow is greet without blocking: nobody has the gate for long.
func (c *Conn) greetNow() error {
	if c.greeted.Load() {
		return nil
	}
	c.greeting.enter()
	defer c.greeting.leave()
	for !c.greeted.Load() {
		if c.helloError != nil {
			return c.helloError
		}
		oob := make([]byte, syscall.CmsgSpace(4))
		n, oobn, err := c.receiveNow(c.hello[c.helloRead:], oob)
		if oobn > 0 {
			c.keepDescriptor(oob[:oobn])
		}
		if err != nil {
			return err
		}
		c.helloRead += n
		if c.helloRead == helloSize {
			if c.helloError = c.understand(); c.helloError == nil {
				c.greeted.Store(true)
			}
		}
	}
	return nil
}

// keepDescriptor keeps the first that the peer has sent and closes the rest.
func (c *Conn) keepDescriptor(oob []byte) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for i := range messages {
		fds, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if f := os.NewFile(uintptr(fd), "from the peer"); !c.keep(f) {
				f.Close()
			}
		}
	}
}

// keep keeps f until the connection is closed, unless it has something already.
func (c *Conn) keep(f *os.File) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.kept != nil {
		return false
	}
	c.kept = f
	return true
}

// understand takes what the hello says. A server keeps the descriptor, which
// is the client's instance; a client finds the flag by it, and is done with it.
func (c *Conn) understand() error {
	h := c.hello[:]
	if string(h[:7]) != cardMagic || h[7] != cardVersion {
		return fmt.Errorf("%w: it does not say hello", backend.ErrPipeProtocol)
	}
	flags, index := binary.LittleEndian.Uint32(h[8:]), int(binary.LittleEndian.Uint32(h[12:]))
	if flags&flagMessage != 0 != c.message {
		return fmt.Errorf("%w: one end has messages, the other bytes", backend.ErrPipeProtocol)
	}
	c.rings.Store(flags&helloRings != 0 && !c.taken) // the count of bytes stayed behind
	if c.server || flags&helloDescriptor == 0 {
		return nil
	}
	c.mu.Lock()
	f := c.kept
	c.kept = nil
	c.mu.Unlock()
	if f == nil || index < 0 || index >= linux.Flags {
		return fmt.Errorf("%w: there is no flag %d", backend.ErrPipeProtocol, index)
	}
	defer f.Close()
	page, err := linux.OpenFlagPage(int(f.Fd()))
	if err != nil {
		return fmt.Errorf("%w: %w", backend.ErrPipeProtocol, err)
	}
	c.flag.Store(&flag{page, index})
	return nil
}

// A flag is up when the server has disconnected the client. What was not read
// by then is not to be read.
type flag struct {
	page  *linux.FlagPage
	index int
}

func (f *flag) raised() bool { return f != nil && f.page.Raised(f.index) }

// A flagger gives each connection of a listener its flag.
type flagger struct {
	gate gate
	page *linux.FlagPage
	file *os.File
	used int
}

// greet says hello to a client. Without memory or descriptors for a flag there
// is none, and a client that is disconnected may still read what has arrived.
func (f *flagger) greet(sock *net.UnixConn, message bool) *flag {
	f.gate.enter()
	defer f.gate.leave()
	if f.file == nil || f.used == linux.Flags {
		f.close()
		if page, file, err := linux.NewFlagPage(); err == nil {
			f.page, f.file, f.used = page, file, 0
		}
	}
	if f.file == nil {
		sendHello(sock, message, 0, nil)
		return nil
	}
	mine := &flag{f.page, f.used}
	f.used++
	// The client may be gone, and what it has sent be there to be read.
	sendHello(sock, message, mine.index, f.file)
	return mine
}

func (f *flagger) close() {
	if f.file != nil {
		f.file.Close()
		f.page, f.file = nil, nil
	}
}
