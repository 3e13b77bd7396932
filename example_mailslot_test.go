//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/codec/pymarshal"
	"github.com/winsys-go/ipc/mailslog"
)

// Jobs come to one worker from whoever has some.
func Example_collectJobs() {
	n, remove := exampleNamespace()
	defer remove()
	ctx := context.Background()

	type Job struct {
		Name  string
		Tries int
	}

	// The worker.
	slot, err := n.CreateMailslot(`build\jobs`, nil)
	if err != nil {
		log.Fatal(err) // ErrExist: there is a worker
	}
	defer slot.Close()
	jobs := ipc.ReadAs[Job](slot, nil) // as JSON

	// Anybody else, in any process.
	w, err := n.OpenMailslot(`build\jobs`)
	if err != nil {
		log.Fatal(err) // ErrNotExist: there is no worker
	}
	defer w.Close()
	for _, name := range []string{"compile", "test"} {
		if err := ipc.WriteAs[Job](w, nil).Put(ctx, Job{Name: name}); err != nil {
			log.Fatal(err)
		}
	}

	// The worker again.
	for {
		job, err := jobs.TryGet()
		if errors.Is(err, ipc.ErrMailslotEmpty) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("job:", job.Name)
	}
	// Output:
	// job: compile
	// job: test
}

// The log of many processes is gathered by one.
func Example_gatherLogs() {
	n, remove := exampleNamespace()
	defer remove()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	logs, err := n.CreateMailslot("log", &ipc.MailslotOptions{QueueBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer logs.Close()

	w, err := n.OpenMailslot("log")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	logger := slog.New(mailslog.NewHandler(w, nil))
	logger.Info("started", "pid", os.Getpid())

	for record, err := range logs.Messages(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(strings.Contains(string(record), `"msg":"started"`))
		stop()
	}
	// Output: true
}

// A Python script sends marshal.dumps(("ready", 3)).
func Example_python() {
	n, remove := exampleNamespace()
	defer remove()
	slot, err := n.CreateMailslot("from python", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer slot.Close()
	sendFromPython(n)

	message, err := ipc.ReadAs[any](slot, pymarshal.Codec).Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message)
	// Output: [ready 3]
}

// sendFromPython sends what marshal.dumps(("ready", 3), 2) gives.
func sendFromPython(n *ipc.Namespace) {
	w, err := n.OpenMailslot("from python")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	if err := w.Put(context.Background(), []byte("(\x02\x00\x00\x00u\x05\x00\x00\x00readyi\x03\x00\x00\x00")); err != nil {
		log.Fatal(err)
	}
}
