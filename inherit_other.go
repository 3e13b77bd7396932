//go:build !linux

package ipc

import (
	"os"
	"os/exec"

	"github.com/winsys-go/ipc/internal/backend"
)

// gifted is empty: nothing can be given.
type gifted struct{}

func give(*exec.Cmd, *engineObject) (gifted, func(), error) { return gifted{}, nil, ErrUnsupported }

func receive(*engineObject, backend.Kind, gifted) error { return ErrUnsupported }

func giveFile(*exec.Cmd, *os.File, *lentFiles) (gifted, func(), error) {
	return gifted{}, nil, ErrUnsupported
}

func receiveFile(gifted) (*os.File, error) { return nil, ErrUnsupported }

func giveConn(*exec.Cmd, *PipeConn) (gifted, func(), error) { return gifted{}, nil, ErrUnsupported }

func receiveConn(*PipeConn, gifted) error { return ErrUnsupported }

func shortened(gifts []gift) []gift { return gifts }

func lengthen([]gift) {}

func keepFromChildren([]gift) {}
