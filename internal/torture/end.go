//go:build linux

package torture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// end lets everybody leave with all that they hold, and looks at what is left.
func (r *run) end() {
	r.freeze()
	r.count(r.living)
	r.tell(everybody, leaveCommand)
	for i, p := range r.workers {
		if state := p.Wait(); !state.Success() {
			r.t.Fatalf("torture: worker %d left with %v", i, state)
		}
		r.sum(i)
		r.inherit(i)
	}
	r.count(r.alone)
	r.checkFresh()
	r.checkFiles()
}

// sum adds up what the hands of worker i have done.
func (r *run) sum(i int) {
	for k := range r.ledger.hands[i] {
		r.tally.operations += r.ledger.hands[i][k].operations.Load()
		r.tally.cancelled += r.ledger.hands[i][k].cancelled.Load()
	}
}

// alone: nobody but the parent has anything open.
func (r *run) alone(infos []ipc.Info) (why string) {
	for k, info := range infos {
		switch {
		case info.Waiters != 0 || info.Handles != 1:
			return fmt.Sprintf("%s has %d waiters, %d handles", info.Name, info.Waiters, info.Handles)
		case deposits.has(k) && info.Count != info.Max:
			return fmt.Sprintf("%s has %d permits of %d", info.Name, info.Count, info.Max)
		case info.Owner != nil:
			return fmt.Sprintf("%s belongs to process %d", info.Name, info.Owner.PID)
		}
	}
	return r.listed(len(objects))
}

// checkFresh lets a fresh process see that permanent objects are all there is,
// and use all kinds of objects.
func (r *run) checkFresh() {
	if err := r.namespace.Close(); err != nil {
		r.t.Fatal(err)
	}
	p := testproc.Start(r.t, "torture-after", r.dir)
	p.Expect("all is well")
	p.Exit()
}

// checkFiles: the namespace is one file, in which no process has a slot.
func (r *run) checkFiles() {
	entries, err := os.ReadDir(namespaceIn(r.dir))
	if err != nil || len(entries) != 1 || entries[0].Name() != "segment" {
		r.t.Errorf("torture: the namespace holds %v, %v", entries, err)
	}
	r.until("all slots are free", func() (why string) {
		if used := r.segment.usedSlots(); len(used) != 0 {
			return fmt.Sprintf("the slots %v are in use", used)
		}
		return ""
	})
}

// after is the life of a fresh process.
func after(c *testproc.Child) {
	n, err := ipc.OpenNamespace(namespaceIn(c.Args[0]), nil)
	if err == nil {
		err = errors.Join(onlyPermanent(n), useAll(n), n.Close())
	}
	if err != nil {
		c.Fatalf("%v", err)
	}
	c.Sayf("all is well")
	c.Line()
}

func onlyPermanent(n *ipc.Namespace) error {
	list, err := n.Objects()
	if err != nil {
		return err
	}
	var got, want []string
	for _, info := range list {
		got = append(got, info.Name)
		if info.Handles != 0 || info.Waiters != 0 || info.Owner != nil || info.Abandoned {
			return fmt.Errorf("nobody uses %v", info)
		}
	}
	for k, o := range objects {
		if isPermanent(k) {
			want = append(want, o.name)
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the objects %q are left, want %q", got, want)
	}
	return nil
}

// useAll takes and gives all units of all objects, old and new, and removes
// them.
func useAll(n *ipc.Namespace) error {
	var all handles
	if err := all.each(n, create); err != nil {
		return err
	}
	for k := range ownable {
		units := make([]ipc.Waitable, 0, objects[k].total)
		for range objects[k].total {
			units = append(units, all[k])
		}
		for _, object := range units {
			if _, ok, err := ipc.TryWaitAny(object); err != nil || !ok {
				return fmt.Errorf("take %s: %v, %w", objects[k].name, ok, err)
			}
		}
		if _, ok, err := ipc.TryWaitAny(all[k]); err != nil || ok {
			return fmt.Errorf("%s has a unit too many: %w", objects[k].name, err)
		}
		for range objects[k].total {
			if err := all.back(k); err != nil {
				return err
			}
		}
	}
	for k, o := range objects {
		if !isPermanent(k) {
			continue
		}
		if err := errors.Join(all[k].Close(), n.Remove(o.name)); err != nil {
			return err
		}
		if _, err := open(n, k); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s was removed: %w", o.name, err)
		}
	}
	return nil
}

// back gives a unit back.
func (h *handles) back(k int) error {
	if objects[k].kind == lock {
		return h.mutex(k).Unlock()
	}
	return h.give(k, 0)
}
