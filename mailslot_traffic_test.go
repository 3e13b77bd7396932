//go:build linux

package ipc_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Messages that can be checked: a writer's number, how many it has sent before,
// and then as many bytes, and which, as these two numbers say.

const trafficHeader = 16

var trafficBytes = func() []byte {
	b := make([]byte, 1<<18)
	r := rand.NewChaCha8([32]byte{})
	r.Read(b)
	return b
}()

// trafficBody is what message k of a writer has behind its header. Most are
// small, each 64th has up to most bytes.
func trafficBody(writer, k uint64, most int) []byte {
	h := (writer<<40 ^ k) * 0x9E3779B97F4A7C15
	size := int(h >> 32 % 200)
	if k%64 == 63 {
		size = int(h >> 32 % uint64(most+1))
	}
	at := int(h % uint64(len(trafficBytes)-size))
	return trafficBytes[at : at+size]
}

// appendTraffic makes message k of a writer, in the memory of buf.
func appendTraffic(buf []byte, writer, k uint64, most int) []byte {
	buf = binary.LittleEndian.AppendUint64(buf[:0], writer)
	buf = binary.LittleEndian.AppendUint64(buf, k)
	return append(buf, trafficBody(writer, k, most)...)
}

// parseTraffic tells whose message it is, and which.
func parseTraffic(message []byte, most int) (writer, k uint64, err error) {
	if len(message) < trafficHeader {
		return 0, 0, fmt.Errorf("a message of %d bytes", len(message))
	}
	writer, k = binary.LittleEndian.Uint64(message), binary.LittleEndian.Uint64(message[8:])
	if want := trafficBody(writer, k, most); !bytes.Equal(message[trafficHeader:], want) {
		return writer, k, fmt.Errorf("message %d of writer %d has %d bytes that it was not sent with, or not these; want %d", k, writer, len(message)-trafficHeader, len(want))
	}
	return writer, k, nil
}

// A tally counts the messages of each writer, which must come in their order.
type tally map[uint64]uint64

func (c tally) add(message []byte, most int) error {
	writer, k, err := parseTraffic(message, most)
	if err == nil && k != c[writer] {
		err = fmt.Errorf("message %d of writer %d comes where %d is due", k, writer, c[writer])
	}
	c[writer]++
	return err
}
