package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	ntdll = windows.NewLazySystemDLL("ntdll.dll")

	procNtQueryEvent           = ntdll.NewProc("NtQueryEvent")
	procNtQueryMutant          = ntdll.NewProc("NtQueryMutant")
	procNtQuerySemaphore       = ntdll.NewProc("NtQuerySemaphore")
	procNtQueryTimer           = ntdll.NewProc("NtQueryTimer")
	procNtQueryObject          = ntdll.NewProc("NtQueryObject")
	procNtOpenDirectoryObject  = ntdll.NewProc("NtOpenDirectoryObject")
	procNtQueryDirectoryObject = ntdll.NewProc("NtQueryDirectoryObject")
)

// EventInfo is EVENT_BASIC_INFORMATION.
type EventInfo struct {
	Type  int32 // 0: manual-reset
	State int32
}

// MutantInfo is MUTANT_BASIC_INFORMATION.
type MutantInfo struct {
	Count         int32 // 1: free
	OwnedByCaller uint8
	Abandoned     uint8
	_             [2]byte
}

// ClientID is CLIENT_ID.
type ClientID struct{ Process, Thread uintptr }

// SemaphoreInfo is SEMAPHORE_BASIC_INFORMATION.
type SemaphoreInfo struct{ Count, Max uint32 }

// TimerInfo is TIMER_BASIC_INFORMATION.
type TimerInfo struct {
	Remaining int64 // in units of 100 ns
	State     uint8
	_         [7]byte
}

// ObjectInfo is PUBLIC_OBJECT_BASIC_INFORMATION.
type ObjectInfo struct {
	Attributes, Access     uint32
	HandleCount, RefsCount uint32
	_                      [10]uint32
}

// QueryEvent tells the state of an event.
func QueryEvent(h windows.Handle) (i EventInfo, err error) {
	err = query(procNtQueryEvent, h, 0, unsafe.Pointer(&i), unsafe.Sizeof(i))
	return i, err
}

// QueryMutant tells the state of a mutex.
func QueryMutant(h windows.Handle) (i MutantInfo, err error) {
	err = query(procNtQueryMutant, h, 0, unsafe.Pointer(&i), unsafe.Sizeof(i))
	return i, err
}

// QueryMutantOwner tells the thread that owns a mutex.
func QueryMutantOwner(h windows.Handle) (i ClientID, err error) {
	err = query(procNtQueryMutant, h, 1, unsafe.Pointer(&i), unsafe.Sizeof(i))
	return i, err
}

// QuerySemaphore tells the state of a semaphore.
func QuerySemaphore(h windows.Handle) (i SemaphoreInfo, err error) {
	err = query(procNtQuerySemaphore, h, 0, unsafe.Pointer(&i), unsafe.Sizeof(i))
	return i, err
}

// QueryTimer tells the state of a timer.
func QueryTimer(h windows.Handle) (i TimerInfo, err error) {
	err = query(procNtQueryTimer, h, 0, unsafe.Pointer(&i), unsafe.Sizeof(i))
	return i, err
}

// QueryObject tells what all objects have.
func QueryObject(h windows.Handle) (i ObjectInfo, err error) {
	err = query(procNtQueryObject, h, 0, unsafe.Pointer(&i), unsafe.Sizeof(i))
	return i, err
}

// QueryObjectName tells the full name of an object; empty for an anonymous one. Not
// of files: the kernel waits for those whose operations are not overlapped.
func QueryObjectName(h windows.Handle) (string, error) { return queryText(h, 1) }

// QueryObjectType tells what an object is, as the kernel calls it.
func QueryObjectType(h windows.Handle) (string, error) { return queryText(h, 2) }

// queryText asks for something that begins with a UNICODE_STRING.
func queryText(h windows.Handle, class uintptr) (string, error) {
	var i struct {
		text windows.NTUnicodeString
		rest [1 << 16]byte
	}
	if err := query(procNtQueryObject, h, class, unsafe.Pointer(&i), unsafe.Sizeof(i)); err != nil || i.text.Length == 0 {
		return "", err
	}
	return i.text.String(), nil
}

// QueryFileName tells the name of a file, without that of its device.
func QueryFileName(h windows.Handle) (string, error) {
	var i struct {
		bytes uint32
		text  [1 << 15]uint16
	}
	if err := windows.GetFileInformationByHandleEx(h, windows.FileNameInfo, (*byte)(unsafe.Pointer(&i)), uint32(unsafe.Sizeof(i))); err != nil {
		return "", err
	}
	return windows.UTF16ToString(i.text[:min(int(i.bytes/2), len(i.text))]), nil
}

func query(proc *windows.LazyProc, h windows.Handle, class uintptr, p unsafe.Pointer, size uintptr) error {
	r, _, _ := syscall.SyscallN(proc.Addr(), uintptr(h), class, uintptr(p), size, 0)
	return status(r)
}

// status is the error of an NTSTATUS, as Win32 has it.
func status(r uintptr) error {
	if s := windows.NTStatus(r); int32(s) < 0 {
		return s.Errno()
	}
	return nil
}

// DIRECTORY_QUERY is the right to list a directory of objects.
const DIRECTORY_QUERY = 0x0001

// CommonObjects is the directory of the objects that all sessions see.
const CommonObjects = `\BaseNamedObjects`

// OpenDirectoryObject opens a directory of kernel objects by its full path.
func OpenDirectoryObject(path string) (windows.Handle, error) {
	name, err := windows.NewNTUnicodeString(path)
	if err != nil {
		return 0, err
	}
	oa := windows.OBJECT_ATTRIBUTES{ObjectName: name}
	oa.Length = uint32(unsafe.Sizeof(oa))
	var h windows.Handle
	r, _, _ := syscall.SyscallN(procNtOpenDirectoryObject.Addr(), uintptr(unsafe.Pointer(&h)), DIRECTORY_QUERY, uintptr(unsafe.Pointer(&oa)))
	return h, status(r)
}

// An Entry is an object in a directory.
type Entry struct{ Name, Type string }

// ListDirectoryObject lists the directory of a path.
func ListDirectoryObject(path string) ([]Entry, error) {
	dir, err := OpenDirectoryObject(path)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(dir)
	return QueryDirectoryObject(dir)
}

// QueryDirectoryObject lists a directory as it is at one instant.
func QueryDirectoryObject(dir windows.Handle) ([]Entry, error) {
	for size := 1 << 16; ; size *= 4 {
		buf := make([]uint64, size/8)
		var context uint32
		r, _, _ := syscall.SyscallN(procNtQueryDirectoryObject.Addr(), uintptr(dir), uintptr(unsafe.Pointer(&buf[0])), uintptr(size),
			0, 1, uintptr(unsafe.Pointer(&context)), 0)
		switch uint32(r) {
		case statusMoreEntries:
			continue // there is more than has room
		case statusNoMoreEntries:
			return nil, nil
		case statusNotImplemented: // Wine
			return queryOneByOne(dir)
		}
		if err := status(r); err != nil {
			return nil, err
		}
		return entriesIn(buf), nil
	}
}

// entriesIn reads what the kernel has written: one OBJECT_DIRECTORY_INFORMATION after
// the other, an empty one, and then the text, to which they have pointers. It is
// nothing that the garbage collector may look for pointers in: what a text looks like,
// is for others to choose.
func entriesIn(buf []uint64) (list []Entry) {
	for rest := buf; len(rest) >= entryWords; rest = rest[entryWords:] {
		name, ok := textAt(buf, rest)
		if !ok {
			break
		}
		kind, _ := textAt(buf, rest[entryWords/2:])
		list = append(list, Entry{name, kind})
	}
	return list
}

// entryWords is the size of an OBJECT_DIRECTORY_INFORMATION, which is two of
// UNICODE_STRING, in the words of a buffer.
const entryWords = int(unsafe.Sizeof(directoryInfo{}) / 8)

// textAt gives the text that the UNICODE_STRING at the beginning of s points to, in
// buf.
func textAt(buf, s []uint64) (text string, ok bool) {
	u := (*struct {
		length, room uint16 // in bytes
		at           uintptr
	})(unsafe.Pointer(&s[0]))
	offset, size := u.at-uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf))*8
	if u.at == 0 || offset > size || uintptr(u.length) > size-offset {
		return "", false
	}
	first := (*uint16)(unsafe.Add(unsafe.Pointer(&buf[0]), offset))
	return windows.UTF16ToString(unsafe.Slice(first, u.length/2)), true
}

const (
	statusMoreEntries    = 0x00000105
	statusNoMoreEntries  = 0x8000001A
	statusNotImplemented = 0xC0000002
)

// directoryInfo is OBJECT_DIRECTORY_INFORMATION.
type directoryInfo struct{ name, kind windows.NTUnicodeString }

func (i *directoryInfo) entry() Entry { return Entry{i.name.String(), i.kind.String()} }

// queryOneByOne lists a directory by place, which misses what is moved by
// others meanwhile: it goes over the places until it finds nothing new.
func queryOneByOne(dir windows.Handle) ([]Entry, error) {
	var list []Entry
	seen := map[string]bool{}
	for found := true; found; {
		found = false
		for context := uint32(0); ; {
			var buf struct {
				directoryInfo
				text [1 << 16]byte
			}
			r, _, _ := syscall.SyscallN(procNtQueryDirectoryObject.Addr(), uintptr(dir), uintptr(unsafe.Pointer(&buf)), unsafe.Sizeof(buf),
				1, 0, uintptr(unsafe.Pointer(&context)), 0)
			if uint32(r) == statusNoMoreEntries {
				break
			}
			if err := status(r); err != nil {
				return nil, err
			}
			if e := buf.entry(); !seen[e.Name] {
				seen[e.Name], found = true, true
				list = append(list, e)
			}
		}
	}
	return list, nil
}
