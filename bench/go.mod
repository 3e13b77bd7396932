module github.com/winsys-go/ipc/bench

go 1.25.0

replace github.com/winsys-go/ipc => ../

require (
	github.com/gofrs/flock v0.13.0
	github.com/juju/mutex/v2 v2.0.0
	github.com/winsys-go/ipc v0.0.0
)

require (
	github.com/juju/errors v0.0.0-20220203013757-bd733f3c86b9 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
)
