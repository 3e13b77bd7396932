//go:build !linux && !windows

package ipc

import (
	"os/exec"

	"github.com/winsys-go/ipc/internal/backend"
)

// gifted is empty: nothing can be given.
type gifted struct{}

func give(*exec.Cmd, *engineObject) (gifted, func(), error) { return gifted{}, nil, ErrUnsupported }

func receive(*engineObject, backend.Kind, *gift) error { return ErrUnsupported }

func giveFile(*exec.Cmd, pipeEnd, *lentFiles) (gifted, func(), error) {
	return gifted{}, nil, ErrUnsupported
}

func receiveFile(*gift) (pipeEnd, error) { return nil, ErrUnsupported }

func giveConn(*exec.Cmd, *PipeConn) (gifted, func(), error) { return gifted{}, nil, ErrUnsupported }

func receiveConn(*PipeConn, gifted) error { return ErrUnsupported }

const mostVariable = 128 << 10

func keep(*exec.Cmd) (restore func()) { return func() {} }

func shortened(gifts []gift) []gift { return gifts }

func lengthen([]gift) {}

func keepFromChildren([]gift) {}
