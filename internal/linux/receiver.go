//go:build linux

package linux

import (
	"net"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Receiver reads from a socket bytes and the descriptors that came with them,
// without garbage. It is for one goroutine at a time.
type Receiver struct {
	header  unix.Msghdr
	vector  unix.Iovec
	control [24]byte // for two descriptors; the kernel closes what else there is
}

// Receive reads what there is, without blocking. The descriptors that came with
// it are the caller's to close.
func (r *Receiver) Receive(fd int, p []byte) (n int, fds []int, err error) {
	r.vector.Base = unsafe.SliceData(p)
	r.vector.SetLen(len(p))
	r.header = unix.Msghdr{Iov: &r.vector, Iovlen: 1, Control: &r.control[0]}
	r.header.SetControllen(len(r.control))
	for {
		count, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.header)), unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		if errno == unix.EINTR {
			continue
		}
		r.vector.Base = nil
		if errno != 0 {
			return 0, nil, errno
		}
		return int(count), r.descriptors(), nil
	}
}

func (r *Receiver) descriptors() (fds []int) {
	if r.header.Controllen == 0 {
		return nil
	}
	messages, err := unix.ParseSocketControlMessage(r.control[:r.header.Controllen])
	if err != nil {
		return nil
	}
	for i := range messages {
		got, err := unix.ParseUnixRights(&messages[i])
		if err == nil {
			fds = append(fds, got...)
		}
	}
	return fds
}

// SendWith sends pieces of bytes one after the other, or some of the bytes, and
// with the first of them descriptors, without blocking.
func SendWith(fd int, pieces [][]byte, descriptors ...int) (int, error) {
	return ignoringEINTR(func() (int, error) {
		return unix.SendmsgBuffers(fd, pieces, unix.UnixRights(descriptors...), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	})
}

// RingBell rings one: it sends a byte, unless that would block, for then who waits
// at it was rung for already. It fails as any write when that one is gone, and when
// the kernel has no memory for the byte.
func RingBell(fd int) error { return sendNow(fd, oneByte[:]) }

var oneByte [1]byte

// Wake sends one byte to a reader that sleeps, which has room for it; one that
// has not is awake. It fails as any write when the peer is gone, and when the
// kernel has no memory for the byte.
func Wake(fd int) error { return sendNow(fd, oneByte[:]) }

// Sendable fails as a write would when the peer is gone, and sends nothing.
func Sendable(fd int) error { return sendNow(fd, nil) }

func sendNow(fd int, b []byte) error {
	_, err := ignoringEINTR(func() (int, error) {
		return 0, unix.Send(fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	})
	if err == unix.EAGAIN {
		return nil
	}
	return err
}

// NewBell makes a pair of sockets, one to be rung, one to be waited at.
func NewBell() (wait *net.UnixConn, ring *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, explain(os.NewSyscallError("socketpair", err))
	}
	ring = os.NewFile(uintptr(fds[1]), "bell")
	f := os.NewFile(uintptr(fds[0]), "bell")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		ring.Close()
		return nil, nil, err
	}
	return c.(*net.UnixConn), ring, nil
}
