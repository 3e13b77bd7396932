//go:build linux

package linux

import (
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

// Receive reads what there is, without blocking. marked reports whether
// descriptors came with the last of the bytes, whether or not this process could
// take them; those that it took are the caller's to close.
func (r *Receiver) Receive(fd int, p []byte) (n int, marked bool, fds []int, err error) {
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
			return 0, false, nil, errno
		}
		marked = r.header.Controllen > 0 || r.header.Flags&unix.MSG_CTRUNC != 0
		return int(count), marked, r.descriptors(), nil
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

// SendWith sends bytes with a descriptor, all or none, without blocking.
func SendWith(fd int, p []byte, descriptor int) error {
	_, err := ignoringEINTR(func() (int, error) {
		return unix.SendmsgN(fd, p, unix.UnixRights(descriptor), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	})
	return err
}
