package shm

import "github.com/winsys-go/ipc/internal/backend"

// The names of a namespace: a hash table of lists of objects. A name is kept
// in chunks, which are linked as in the list of free ones that they come from.

// maxName is the longest name that is stored: that of a mailslot has a mark.
const maxName = backend.MaxName + len(mailslotMark)

// lookup finds the object that has a name; 0 when there is none.
func (n *Namespace) lookup(name string) uint32 {
	return n.lookupBy(hashName(name), func(r *objectRecord) bool { return n.nameIs(r, name) })
}

// lookupBy finds the object that has the hash of a name and is the one.
func (n *Namespace) lookupBy(hash uint32, is func(r *objectRecord) bool) uint32 {
	i := uint32(n.bucket(hash).load())
	for range n.records(objectTable) {
		if i == 0 {
			return 0
		}
		r := n.object(i)
		if uint32(r.hash.load()) == hash && is(r) {
			return i
		}
		i = uint32(r.chain.load())
	}
	n.damaged("the list of names with hash %#x has no end", hash)
	return 0
}

// nameIs compares an object's name.
func (n *Namespace) nameIs(r *objectRecord, name string) bool {
	at := r.name.load()
	if int(second(at)) != len(name) {
		return false
	}
	for c := first(at); name != ""; {
		rec := n.chunk(c)
		k := min(len(name), chunkText)
		if string(rec.text[:k]) != name[:k] {
			return false
		}
		name = name[k:]
		c = uint32(rec.next.load())
	}
	return true
}

// nameOf reads an object's name.
func (n *Namespace) nameOf(r *objectRecord) string {
	at := r.name.load()
	length := int(second(at))
	if length > maxName {
		n.damaged("a name of %d bytes", length)
	}
	text := make([]byte, 0, length)
	for c := first(at); len(text) < length; {
		rec := n.chunk(c)
		text = append(text, rec.text[:min(length-len(text), chunkText)]...)
		c = uint32(rec.next.load())
	}
	return string(text)
}

// putName gives the new object i its name.
func (n *Namespace) putName(i uint32, r *objectRecord, name string) error {
	return n.putNameAs(i, r, name, hashName(name))
}

// putNameAs is putName with the hash by which the name is to be found.
func (n *Namespace) putNameAs(i uint32, r *objectRecord, name string, hash uint32) error {
	r.name.set(0)
	r.hash.set(uint64(hash))
	if name == "" {
		n.put(&r.chain, 0)
		return nil
	}
	head, err := n.takeChunks(name)
	if err != nil {
		return err
	}
	r.name.set(pair(head, uint32(len(name))))
	bucket := n.bucket(hash)
	n.put(&r.chain, bucket.load())
	n.put(bucket, uint64(i))
	return nil
}

// takeChunks takes chunks for a name and writes it into them. The name is
// written before the change is committed: a free chunk's text means nothing.
func (n *Namespace) takeChunks(name string) (uint32, error) {
	h := &n.header().tables[chunkTable]
	count := uint64(len(name)+chunkText-1) / chunkText
	head, used := uint32(h.free.load()), h.used.load()
	fresh := used
	next := head
	var firstChunk uint32
	var last *chunkRecord
	for done := uint64(0); done < count; done++ {
		var c uint32
		if next != 0 {
			c = next
			next = uint32(n.chunk(c).next.load())
		} else {
			if limit := h.limit.load(); fresh >= limit {
				n.notBeyond(chunkTable, fresh, limit)
				n.pending = 0
				return 0, shortage{chunkTable, limit}
			}
			c = uint32(fresh)
			fresh++
		}
		rec := (*chunkRecord)(n.taken(chunkTable, c))
		copy(rec.text[:], name[done*chunkText:])
		if last == nil {
			firstChunk = c
		} else {
			n.put(&last.next, uint64(c))
		}
		last = rec
	}
	n.put(&last.next, 0)
	if head != next {
		n.put(&h.free, uint64(next))
	}
	if fresh != used {
		n.put(&h.used, fresh)
	}
	return firstChunk, nil
}

// putNameFree takes the name of object i away.
func (n *Namespace) putNameFree(i uint32, r *objectRecord) {
	at := r.name.load()
	c := first(at)
	if c == 0 {
		return
	}
	length := second(at)
	if length == 0 || int(length) > maxName {
		n.damaged("a name of %d bytes", length)
	}
	last := n.chunk(c)
	for range (length - 1) / chunkText {
		last = n.chunk(uint32(last.next.load()))
	}
	n.give(chunkTable, c, &last.next)
	n.unlinkName(i, r)
}

// unlinkName takes object i out of its bucket.
func (n *Namespace) unlinkName(i uint32, r *objectRecord) {
	at := n.bucket(uint32(r.hash.load()))
	for range n.records(objectTable) {
		switch c := uint32(at.load()); c {
		case i:
			n.put(at, r.chain.load())
			return
		case 0:
			n.damaged("object %d is not in the list of its name", i)
		default:
			at = &n.object(c).chain
		}
	}
	n.damaged("the list of names with hash %#x has no end", r.hash.load())
}
