//go:build linux

package unixpipe

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// The files of a pipe are called after what it is, and its name: a socket for
// connections, the card that says whether and how it is served, and a socket
// to wait on for a free instance, if their number is limited.
const (
	socketPrefix = linux.SocketPrefix
	cardPrefix   = linux.CardPrefix
	roomPrefix   = linux.RoomPrefix
)

// longestPlain is the longest name that files are called by as it is.
const longestPlain = 64

// fold gives what a name is compared by: names that differ only in case are
// one.
func fold(name string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, name)
}

// key is the part of the file names that stands for the pipe: its name, folded,
// where that is short and plain, so that other programs find the socket;
// otherwise a hash of it, which begins with a character that no plain name has.
func key(name string) string {
	name = fold(name)
	if name != "" && len(name) <= longestPlain && strings.IndexFunc(name, notPlain) < 0 && name[0] != '.' {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "#" + hex.EncodeToString(sum[:16])
}

func notPlain(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '-' || r == '_')
}

// A card is a file that describes a pipe, and whose locks tell the rest: the
// server holds the first byte for as long as it lives, and whoever uses an
// instance one of the following.
//
//	 0  8 bytes  magic, written last
//	 8  uint32   flags: 1 messages; the rest 0
//	12  uint32   direction
//	16  uint32   most instances; 0: no limit
//	20  uint32   input buffer, bytes; 0: the system's
//	24  uint32   output buffer
//	28  uint32   process id of the server
//	32  uint32   length of the name
//	36           the name, as the server spelled it
const (
	cardMagic  = "ipcpipe"
	cardHeader = 36
	serverByte = 0 // whose lock the server holds
	slotBytes  = 1 // the first of the instances
)

// cardVersion is the last byte of the magic, and the version of all that two
// ends say to each other.
const cardVersion = 1

const flagMessage = 1

var errNoCard = errors.New("there is nothing on the card yet")

// writeCard describes the pipe. The magic comes last, so that a card is either
// read whole or found to be unfinished.
func writeCard(f *os.File, s *backend.PipeSpec, pid int) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	var flags uint32
	if s.Message {
		flags |= flagMessage
	}
	b := make([]byte, 8, cardHeader+len(s.Name))
	for _, v := range []uint32{flags, uint32(s.Direction), uint32(s.MaxInstances), uint32(s.InputBuffer), uint32(s.OutputBuffer), uint32(pid), uint32(len(s.Name))} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = append(b, s.Name...)
	if _, err := f.WriteAt(b[8:], 8); err != nil {
		return err
	}
	_, err := f.WriteAt(append([]byte(cardMagic), cardVersion), 0)
	return err
}

// isCard reports whether a file is a card, or the beginning of one, and not
// something that happens to have its name.
func isCard(f *os.File) bool {
	b := make([]byte, len(cardMagic)+1)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return false
	}
	b = b[:n]
	return len(b) == 0 || string(b) == string(make([]byte, len(cardMagic)+1)) || strings.HasPrefix(string(b), cardMagic)
}

// readCard reads what writeCard wrote.
//
//   - errNoCard: its server has not written it yet.
func readCard(f *os.File) (backend.PipeInfo, error) {
	b := make([]byte, cardHeader+4*backend.MaxPipeName)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return backend.PipeInfo{}, err
	}
	return parseCard(b[:n])
}

func parseCard(b []byte) (backend.PipeInfo, error) {
	damaged := func(what string) (backend.PipeInfo, error) {
		return backend.PipeInfo{}, fmt.Errorf("%w: the card of the pipe has %s", backend.ErrCorrupt, what)
	}
	switch {
	case len(b) < cardHeader || b[0] == 0:
		return backend.PipeInfo{}, errNoCard
	case string(b[:7]) != cardMagic:
		return damaged("no magic")
	case b[7] != cardVersion:
		return backend.PipeInfo{}, fmt.Errorf("%w: the pipe's server speaks version %d, this process version %d", backend.ErrVersion, b[7], cardVersion)
	}
	field := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
	length := field(32)
	info := backend.PipeInfo{PID: field(28), PipeSpec: backend.PipeSpec{
		Message: field(8)&flagMessage != 0, Direction: backend.Direction(field(12)), MaxInstances: field(16),
		InputBuffer: field(20), OutputBuffer: field(24),
	}}
	switch {
	case length > len(b)-cardHeader:
		return damaged("too long a name")
	case field(12) > int(backend.Outbound):
		return damaged("no such direction")
	case info.MaxInstances >= backend.MaxInstances:
		return damaged("too many instances")
	}
	info.Name = string(b[cardHeader : cardHeader+length])
	return info, nil
}
