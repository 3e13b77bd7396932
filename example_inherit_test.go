//go:build linux || windows

package ipc_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"

	"github.com/winsys-go/ipc"
)

// exampleWorkerVariable makes the test binary the worker of ExampleInherit.
const exampleWorkerVariable = "IPC_EXAMPLE_WORKER"

func init() {
	if os.Getenv(exampleWorkerVariable) != "" {
		exampleWorker()
		os.Exit(0)
	}
}

// A worker gets its jobs through a pipe, and says by a semaphore how many it has
// done. Neither has a name that others could use.
func ExampleInherit() {
	n, remove := exampleNamespace()
	defer remove()

	done, err := n.CreateSemaphore("", &ipc.SemaphoreOptions{Max: 100})
	if err != nil {
		log.Fatal(err)
	}
	defer done.Close()
	r, w, err := ipc.AnonymousPipe()
	if err != nil {
		log.Fatal(err)
	}

	worker := exec.Command(os.Args[0])
	worker.Env = append(os.Environ(), exampleWorkerVariable+"=1")
	if err := ipc.Inherit(worker, r, done); err != nil {
		log.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		log.Fatal(err)
	}
	r.Close() // the worker has its own

	io.WriteString(w, "compile\ntest\n")
	w.Close() // so that the worker comes to an end
	if err := worker.Wait(); err != nil {
		log.Fatal(err)
	}
	for jobs := 0; ; jobs++ {
		if ok, err := done.TryAcquire(); err != nil {
			log.Fatal(err)
		} else if !ok {
			fmt.Println(jobs, "jobs are done")
			break
		}
	}
	// Output: 2 jobs are done
}

// exampleWorker is the program of the worker.
func exampleWorker() {
	jobs, err := ipc.Inherited[*ipc.PipeReader](0)
	if err != nil {
		log.Fatal(err)
	}
	done, err := ipc.Inherited[*ipc.Semaphore](1)
	if err != nil {
		log.Fatal(err)
	}
	for lines := bufio.NewScanner(jobs); lines.Scan(); {
		if _, err := done.Release(1); err != nil {
			log.Fatal(err)
		}
	}
}
