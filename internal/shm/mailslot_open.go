package shm

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"github.com/winsys-go/ipc/internal/backend"
)

// How a mailslot is made and found: its name, its parts, its file.

// mailslotMark begins the name of a mailslot in the table of names, which it
// shares with objects whose names have no backslash.
const mailslotMark = `\`

// foldName makes names equal that differ in the case of letters only.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

// mailslotKey is what the name of a mailslot is found by.
func mailslotKey(name string) string { return mailslotMark + foldName(name) }

// findMailslot looks for a mailslot whose reader lives; 0 when there is none.
func (n *Namespace) findMailslot(name string) (uint32, error) {
	key := mailslotKey(name)
	i := n.lookupBy(hashName(key), func(r *objectRecord) bool { return foldName(n.nameOf(r)) == key })
	if i == 0 {
		return 0, nil
	}
	reader := first(n.ringRecord(uint32(n.object(i).max.load())).object.load())
	if n.slot(reader).gone() {
		return 0, deadHolder{reader}
	}
	return i, nil
}

// CreateMailslot makes m the reader of a new mailslot.
func (n *Namespace) CreateMailslot(m *Mailslot, spec *backend.MailslotSpec) error {
	if err := n.stillThere(); err != nil {
		return err
	}
	return n.locked(func() error {
		if n.closed {
			return backend.ErrClosed
		}
		i, err := n.findMailslot(spec.Name)
		if err == nil && i != 0 {
			err = fmt.Errorf("%w: it has a reader, and there can be only one", backend.ErrExist)
		}
		if err != nil {
			return err
		}
		return n.createMailslot(m, spec)
	})
}

// createMailslot makes the parts first, so that the mailslot is complete when it
// gets its name.
func (n *Namespace) createMailslot(m *Mailslot, spec *backend.MailslotSpec) error {
	if err := n.createNew(&m.gate.Object, &backend.Spec{Kind: backend.Mutex}); err != nil {
		return err
	}
	err := n.createNew(&m.room.Object, &backend.Spec{Kind: backend.Event})
	if err == nil {
		if err = n.createRing(m, spec); err == nil {
			m.timeout.Store(int64(spec.ReadTimeout))
			n.ends[m] = struct{}{}
			return nil
		}
		n.discard(&m.room.Object)
	}
	n.discard(&m.gate.Object)
	*m = Mailslot{}
	return err
}

// createRing makes the object with the name, its ring and its file.
func (n *Namespace) createRing(m *Mailslot, spec *backend.MailslotSpec) error {
	k, err := n.take(ringTable, func(i uint32) *word { return &n.ringRecord(i).chain })
	if err != nil {
		return err
	}
	i, err := n.take(objectTable, func(i uint32) *word { return &n.object(i).chain })
	if err != nil {
		return err
	}
	r := n.newObject(i)
	if err := n.putNameAs(i, r, mailslotMark+spec.Name, hashName(mailslotKey(spec.Name))); err != nil {
		return err
	}
	n.fill(r, &m.Object, &backend.Spec{Kind: backend.Mailslot})
	r.max.set(uint64(k))
	h, err := n.putFirstHandle(i, r)
	if err != nil {
		return err
	}
	(*handleRecord)(n.taken(handleTable, h)).permits.set(1)
	rec := (*ringRecord)(n.taken(ringTable, k))
	size := ringSize(max(spec.Queue, spec.MaxMessage+wordSize))
	memory := min(size, firstMemory)
	n.fillRing(rec, m, i, spec, size, memory)
	if err := n.createFile(m, rec, k, size, memory); err != nil {
		n.pending = 0
		return err
	}
	n.object(m.gate.index).max.store(uint64(k))
	n.object(m.room.index).max.store(uint64(k))
	n.commit()
	m.bind(n, i, h, r, false)
	return nil
}

// fillRing writes the record of a ring that nobody can reach yet.
func (n *Namespace) fillRing(rec *ringRecord, m *Mailslot, i uint32, spec *backend.MailslotSpec, size, memory int64) {
	rec.size.set(uint64(size))
	rec.most.set(uint64(spec.MaxMessage))
	rec.object.set(pair(n.slotIndex, i))
	rec.parts.set(pair(m.gate.index, m.room.index))
	rec.timeout.set(uint64(spec.ReadTimeout))
	rec.reserved.set(uint64(memory))
	for _, w := range []*word{&rec.wanted, &rec.tail, &rec.base, &rec.seen, &rec.head} {
		w.set(0)
	}
}

// createFile makes the file of ring k. What the record says of it is not asked:
// others may write there.
func (n *Namespace) createFile(m *Mailslot, rec *ringRecord, k uint32, size, memory int64) error {
	n.unpin() // this takes its time
	file, err := n.sys.CreateRing(k, size)
	if err != nil {
		return noSpace(err)
	}
	err = noSpace(file.Reserve(0, memory))
	if err == nil {
		err = m.view.open(rec, k, file)
	}
	if err != nil {
		file.Close()
		n.sys.RemoveRing(k)
	}
	return err
}

// OpenMailslot makes w a writer of the mailslot that has the name.
func (n *Namespace) OpenMailslot(w *MailslotWriter, name string) error {
	if err := n.stillThere(); err != nil {
		return err
	}
	var k uint32
	err := n.locked(func() error {
		if n.closed {
			return backend.ErrClosed
		}
		i, err := n.findMailslot(name)
		if err == nil && i == 0 {
			err = backend.ErrNotExist
		}
		if err != nil {
			return err
		}
		k = uint32(n.object(i).max.load())
		return n.attachWriter(w, i)
	})
	if err != nil {
		return err
	}
	if err := w.openFile(k); err != nil {
		w.Close()
		return err
	}
	return nil
}

// attachWriter opens handles to the mailslot and its parts, all or none.
func (n *Namespace) attachWriter(w *MailslotWriter, i uint32) error {
	parts := n.ringRecord(uint32(n.object(i).max.load())).parts.load()
	if err := n.attach(&w.Object, i, nil); err != nil {
		return err
	}
	err := n.attach(&w.room.Object, second(parts), nil)
	if err == nil {
		if err = n.attach(&w.gate.Object, first(parts), nil); err == nil {
			n.ends[w] = struct{}{}
			return nil
		}
		n.discard(&w.room.Object)
	}
	n.discard(&w.Object)
	*w = MailslotWriter{}
	return err
}

// openFile maps the messages. The reader may have gone meanwhile.
func (w *MailslotWriter) openFile(k uint32) error {
	size := w.ring.size.load()
	if size < minRing || size > maxRing {
		return fmt.Errorf("%w: a ring of %d bytes", backend.ErrCorrupt, size)
	}
	file, err := w.n.sys.OpenRing(k, int64(size))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return backend.ErrNotExist
	case err != nil:
		return err
	}
	if err := w.view.open(w.ring, k, file); err != nil {
		file.Close()
		return err
	}
	return nil
}
