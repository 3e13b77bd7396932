//go:build linux

package ipc

import "github.com/winsys-go/ipc/internal/linux"

// SetGlobalDir moves the directory of names with Global\, for a test, and
// forgets the namespace that was open there.
func SetGlobalDir(dir string) (restore func()) {
	d := defaults[global]
	d.mu.Lock()
	defer d.mu.Unlock()
	oldDir, oldNamespace, oldPipes := linux.GlobalDir, d.namespace, d.pipes
	linux.GlobalDir, d.namespace, d.pipes = dir, nil, &pipePlace{connect: globalPipes}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.namespace != nil {
			d.namespace.Close()
		}
		d.pipes.close()
		linux.GlobalDir, d.namespace, d.pipes = oldDir, oldNamespace, oldPipes
	}
}
