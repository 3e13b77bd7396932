package cli

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/winsys-go/ipc"
)

// The mutex step: processes read a number from a file, add one and write it
// back. Nothing but the mutex keeps them from overwriting each other's.

const (
	countProcesses = 4
	countTimes     = 5000            // each
	countTime      = 1 * time.Second // then each stops, whatever the number
)

type countFigures struct {
	Processes int           `json:"processes"`
	Expected  int           `json:"expected"`
	Counted   int           `json:"counted"`
	Handovers int           `json:"handovers"` // how often the next turn was another process's
	Turn      time.Duration `json:"turn_ns"`   // lock, read, write, unlock
}

type countLine struct {
	Times     int `json:"times"`
	Handovers int `json:"handovers"`
}

func (d *demo) mutexStep(ctx context.Context) (finding, error) {
	start, err := d.ns.CreateEvent("start", &ipc.EventOptions{ManualReset: true})
	if err != nil {
		return finding{}, err
	}
	defer start.Close()
	m, err := d.ns.CreateMutex("counter", nil)
	if err != nil {
		return finding{}, err
	}
	defer m.Close()
	file := filepath.Join(d.dir, "counter")
	if err := os.WriteFile(file, make([]byte, 16), 0o600); err != nil {
		return finding{}, err
	}
	defer os.Remove(file) // when the processes have closed it
	var g demoGroup
	defer g.stop()
	if err := d.startAll(ctx, &g, countProcesses, "count", file); err != nil {
		return finding{}, err
	}
	f := countFigures{Processes: countProcesses}
	begin := time.Now()
	if err := start.Set(); err != nil {
		return finding{}, err
	}
	for _, p := range g {
		var line countLine
		if err := p.next(&line); err != nil {
			return finding{}, err
		}
		f.Expected += line.Times
		f.Handovers += line.Handovers
	}
	f.Turn = time.Since(begin) / time.Duration(f.Expected)
	return f.check(file)
}

func (f countFigures) check(file string) (finding, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return finding{}, err
	}
	f.Counted = int(binary.LittleEndian.Uint64(data))
	if f.Counted != f.Expected {
		return finding{figures: f}, fmt.Errorf("they counted to %d, not to %d", f.Counted, f.Expected)
	}
	return finding{figures: f, words: func(s style) string {
		return fmt.Sprintf("exactly %s, none lost, %s a turn", number(f.Counted), s.span(f.Turn))
	}}, nil
}

// countRole counts until its number or its time is up. It says how often that
// was: on Windows a turn may take a hundred times as long as on Linux.
func countRole(w *demoWorker) error {
	m, err := w.ns.OpenMutex("counter")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(w.args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.waitForStart(); err != nil {
		return err
	}
	var line countLine
	for begin := time.Now(); line.Times < countTimes && time.Since(begin) < countTime; line.Times++ {
		handover, err := countOnce(w.ctx, m, f)
		if err != nil {
			return err
		}
		if handover {
			line.Handovers++
		}
	}
	return w.say(line)
}

// countOnce adds one to the number in the file, and reports whether another
// process was there before.
func countOnce(ctx context.Context, m *ipc.Mutex, f *os.File) (handover bool, err error) {
	if _, err := m.Lock(ctx); err != nil {
		return false, err
	}
	var data [16]byte // the number, and who wrote it
	if _, err := f.ReadAt(data[:], 0); err != nil {
		return false, err
	}
	self := uint64(os.Getpid())
	last := binary.LittleEndian.Uint64(data[8:])
	binary.LittleEndian.PutUint64(data[:], binary.LittleEndian.Uint64(data[:])+1)
	binary.LittleEndian.PutUint64(data[8:], self)
	if _, err := f.WriteAt(data[:], 0); err != nil {
		return false, err
	}
	return last != 0 && last != self, m.Unlock()
}
