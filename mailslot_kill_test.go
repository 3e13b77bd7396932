//go:build linux

package ipc_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("mailslot-victim", mailslotVictim)
	testproc.Register("mailslot-mortal", mailslotMortal)
	testproc.Register("mailslot-holder", mailslotHolder)
}

// mostByVictims is the size of the largest message of a victim: writing it takes
// long enough to die in the middle.
const mostByVictims = 200 << 10

// mailslotVictim sends without end. After each message, before the next, it
// notes in a file how many it has sent.
func mailslotVictim(c *testproc.Child) {
	w := must(open(c).OpenMailslot("slot"))
	number := must(strconv.ParseUint(c.Args[1], 10, 64))
	book := must(os.OpenFile(c.Args[2], os.O_WRONLY|os.O_CREATE, 0o600))
	c.Sayf("ready")
	var buf, note []byte
	for k := uint64(0); ; k++ {
		buf = appendTraffic(buf, number, k, mostByVictims)
		wantNothing(c, "put", w.Put(context.Background(), buf))
		note = binary.LittleEndian.AppendUint64(note[:0], k+1)
		must(book.WriteAt(note, 0))
	}
}

// A victim is a writer that will be killed.
type victim struct {
	*testproc.Proc
	number uint64
	book   string
}

func startVictim(t *testing.T, n *ipc.Namespace, number uint64) *victim {
	t.Helper()
	v := &victim{number: number, book: filepath.Join(t.TempDir(), "book")}
	v.Proc = testproc.Start(t, "mailslot-victim", n.Dir(), fmt.Sprint(number), v.book)
	v.Expect("ready")
	return v
}

// sent is how many messages the victim has sent for certain.
func (v *victim) sent() uint64 {
	note := must(os.ReadFile(v.book))
	if len(note) == 0 {
		return 0
	}
	return binary.LittleEndian.Uint64(note)
}

// drain counts what comes until ctx is done, and then what is there.
func drain(ctx context.Context, slot *ipc.Mailslot, got tally) error {
	buf := make([]byte, trafficHeader+mostByVictims)
	for {
		k, err := slot.GetInto(ctx, buf)
		switch {
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return err
		}
		if err := got.add(buf[:k], mostByVictims); err != nil {
			return err
		}
	}
}

// TestMailslotKillWriters kills writers at any moment: what they have sent
// arrives, once and whole, and besides at most the one message that they were
// sending.
func TestMailslotKillWriters(t *testing.T) {
	kills := uint64(100)
	if testing.Short() || raceEnabled {
		kills = 20
	}
	n := ownNamespace(t)
	slot := must(n.CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 1 << 20}))
	ctx, over := context.WithCancel(context.Background())
	got, drained := tally{}, make(chan error, 1)
	go func() { drained <- drain(ctx, slot, got) }()

	var all []*victim
	var live [3]*victim
	replace := func(i int) {
		live[i] = startVictim(t, n, uint64(len(all)))
		all = append(all, live[i])
	}
	for i := range live {
		replace(i)
	}
	for range kills {
		time.Sleep(rand.N(4 * time.Millisecond)) // a random moment
		i := rand.IntN(len(live))
		live[i].Kill()
		replace(i)
	}
	for _, v := range live {
		v.Strike()
	}
	for _, v := range live {
		v.Wait()
	}
	over()
	select {
	case err := <-drained:
		if err != nil {
			t.Fatal(err)
		}
	case <-within(t).Done():
		t.Fatal("the reader hangs")
	}
	checkVictims(t, all, got)

	w := must(n.OpenMailslot("slot"))
	if err := w.Put(within(t), []byte("after all")); err != nil {
		t.Fatal(err)
	}
	if message, err := slot.Get(within(t)); string(message) != "after all" || err != nil {
		t.Errorf("%q, %v", message, err)
	}
}

// checkVictims compares what arrived with what the victims have noted.
func checkVictims(t *testing.T, all []*victim, got tally) {
	t.Helper()
	sent, more := uint64(0), uint64(0)
	for _, v := range all {
		switch have, want := got[v.number], v.sent(); {
		case have != want && have != want+1:
			t.Errorf("of victim %d came %d messages, it has sent %d", v.number, have, want)
		default:
			sent += want
			more += have - want
		}
	}
	t.Logf("%d victims have sent %d messages; %d came that they could not note", len(all), sent, more)
}

// TestMailslotStopWriters stops writers at any moment, inside of a Put as
// likely as not, and some for good. Nobody else waits for longer than they are
// stopped, and mostly not as long.
func TestMailslotStopWriters(t *testing.T) {
	stops := 60
	if testing.Short() || raceEnabled {
		stops = 15
	}
	n := ownNamespace(t)
	slot := must(n.CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 1 << 20}))
	own := must(n.OpenMailslot("slot"))
	const ownNumber = 1 << 30
	got, buf, k := tally{}, make([]byte, trafficHeader+mostByVictims), uint64(0)
	var message []byte
	// put sends the next message of this process, for as long as ctx says.
	put := func(ctx context.Context) error {
		message = appendTraffic(message, ownNumber, k, mostByVictims)
		err := own.Put(ctx, message)
		if err == nil {
			k++
		}
		return err
	}
	// use empties the mailslot, and puts.
	use := func(ctx context.Context) error {
		for {
			n, err := slot.TryGetInto(buf)
			if errors.Is(err, ipc.ErrMailslotEmpty) {
				return put(ctx)
			}
			if err == nil {
				err = got.add(buf[:n], mostByVictims)
			}
			if err != nil {
				return err
			}
		}
	}
	// tryUse gives up soon: the mailslot may be full, and nobody else reads it.
	tryUse := func() (ok bool, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
		defer cancel()
		err = use(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return false, nil
		}
		return true, err
	}
	var all []*victim
	blocked, locked := 0, 0
	for i := range stops {
		v := startVictim(t, n, uint64(i))
		all = append(all, v)
		for end := time.Now().Add(rand.N(3 * time.Millisecond)); time.Now().Before(end); {
			must(tryUse())
		}
		v.Stop()
		used := make(chan struct{})
		go func() {
			defer close(used)
			if !must(tryUse()) {
				blocked++
			}
		}()
		select {
		case <-used:
		case <-time.After(100 * time.Millisecond): // it has the namespace's lock
			locked++
			v.Cont()
			<-used
		}
		if i%2 == 0 {
			v.Cont()
		}
		v.Kill()
		wantNothing(t, "when it is dead", use(within(t)))
	}
	for range must(slot.Len()) {
		wantNothing(t, "read the rest", got.add(must(slot.TryGet()), mostByVictims))
	}
	checkVictims(t, all, got)
	if got[ownNumber] != k {
		t.Errorf("%d messages of this process came, it has sent %d", got[ownNumber], k)
	}
	t.Logf("%d of %d writers were stopped where others had to wait, %d with the lock", blocked, stops, locked)
}

// mailslotMortal reads what comes, until it is killed.
func mailslotMortal(c *testproc.Child) {
	slot := must(open(c).CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 1 << 16}))
	c.Sayf("ready")
	got := tally{}
	for message, err := range slot.Messages(context.Background()) {
		wantNothing(c, "read", err)
		wantNothing(c, "check", got.add(message, mostSent))
	}
}

// A sender sends to whatever reader there is.
type sender struct {
	n      *ipc.Namespace
	number uint64
	opened atomic.Int64 // how often
}

// run sends until ctx is done. Each reader gets a number of its own to count
// from: one that it has not, or a message for another, is its failure.
func (s *sender) run(ctx context.Context) error {
	var buf []byte
	for life := uint64(0); ; life++ {
		w, err := s.n.OpenMailslot("slot")
		for errors.Is(err, ipc.ErrNotExist) && ctx.Err() == nil {
			time.Sleep(100 * time.Microsecond) // there is nothing to wait for
			w, err = s.n.OpenMailslot("slot")
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		s.opened.Add(1)
		for k := uint64(0); err == nil; k++ {
			buf = appendTraffic(buf, s.number<<20|life, k, mostSent)
			err = w.Put(ctx, buf)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, ipc.ErrNotExist):
			return err
		}
		if err := w.TryPut(nil); !errors.Is(err, ipc.ErrNotExist) {
			return fmt.Errorf("a writer whose reader is dead: %w", err)
		}
		w.Close()
	}
}

// TestMailslotKillReader kills the reader at any moment and starts another:
// everybody who writes finds out, and goes on with the new one.
func TestMailslotKillReader(t *testing.T) {
	kills := 60
	if testing.Short() || raceEnabled {
		kills = 10
	}
	n := ownNamespace(t)
	ctx, over := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var senders [4]*sender
	for i := range senders {
		s := &sender{n: n, number: uint64(i)}
		senders[i] = s
		running.Go(func() {
			if err := s.run(ctx); err != nil {
				t.Errorf("sender %d: %v", i, err)
			}
		})
	}
	for k := range kills {
		p := testproc.Start(t, "mailslot-mortal", n.Dir())
		p.Expect("ready")
		patience := testproc.NewPatience(20 * time.Second)
		for _, s := range senders {
			for s.opened.Load() < int64(k+1) && !t.Failed() {
				if patience.Out() {
					t.Fatalf("sender %d has not come to reader %d", s.number, k)
				}
				time.Sleep(100 * time.Microsecond)
			}
		}
		time.Sleep(rand.N(2 * time.Millisecond)) // a random moment
		p.Kill()
	}
	over()
	running.Wait()
}

// mailslotHolder has a mailslot and does not read it.
func mailslotHolder(c *testproc.Child) {
	must(open(c).CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 4096}))
	c.Sayf("ready")
	c.Line()
}

// TestMailslotKillReaderOfBlocked: who waits for room, and who waits for his
// turn to do so, is told of the reader's death.
func TestMailslotKillReaderOfBlocked(t *testing.T) {
	n := ownNamespace(t)
	for range 20 {
		reader := testproc.Start(t, "mailslot-holder", n.Dir())
		reader.Expect("ready")
		w := must(n.OpenMailslot("slot"))
		if err := w.TryPut(make([]byte, 4000)); err != nil {
			t.Fatal(err)
		}
		const count = 3
		ended := make(chan error, count)
		for range count {
			go func() { ended <- w.Put(within(t), make([]byte, 4000)) }()
		}
		time.Sleep(rand.N(4 * time.Millisecond)) // a random moment
		reader.Kill()
		for range count {
			if err := <-ended; !errors.Is(err, ipc.ErrNotExist) {
				t.Fatalf("a blocked writer: %v", err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
