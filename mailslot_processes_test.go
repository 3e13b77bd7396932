//go:build linux

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("mailslot-sender", mailslotSender) }

// mostSent is the size of the largest message of a mailslotSender.
const mostSent = 8 << 10

// mailslotSender sends so many messages as writer so and so, when it is told.
func mailslotSender(c *testproc.Child) {
	w := must(open(c).OpenMailslot("slot"))
	number := must(strconv.ParseUint(c.Args[1], 10, 64))
	count := must(strconv.ParseUint(c.Args[2], 10, 64))
	c.Sayf("ready")
	c.Line()
	var buf []byte
	for k := range count {
		buf = appendTraffic(buf, number, k, mostSent)
		wantNothing(c, "put", w.Put(context.Background(), buf))
	}
	c.Sayf("sent")
	c.Line()
}

// startSenders starts processes that send, all at the same time.
func startSenders(t *testing.T, n *ipc.Namespace, writers, count int) []*testproc.Proc {
	t.Helper()
	var all []*testproc.Proc
	for i := range writers {
		p := testproc.Start(t, "mailslot-sender", n.Dir(), fmt.Sprint(i), fmt.Sprint(count))
		p.Expect("ready")
		all = append(all, p)
	}
	for _, p := range all {
		p.Sayf("go")
	}
	return all
}

// TestMailslotMany: every message of several processes arrives once, as it was
// sent, and those of each in their order.
func TestMailslotMany(t *testing.T) {
	writers, count := 4, 250_000
	if testing.Short() || raceEnabled {
		count /= 25
	}
	n := ownNamespace(t)
	slot := must(n.CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 1 << 20, ReadTimeout: testproc.Limit(t)}))
	begin := time.Now()
	senders := startSenders(t, n, writers, count)
	got, buf := tally{}, make([]byte, trafficHeader+mostSent)
	for range writers * count {
		k, err := slot.GetInto(context.Background(), buf)
		if err == nil {
			err = got.add(buf[:k], mostSent)
		}
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
	}
	t.Logf("%d messages in %v", writers*count, time.Since(begin).Round(time.Millisecond))
	for _, p := range senders {
		p.Expect("sent")
		p.Exit()
	}
	if _, err := slot.TryGet(); !errors.Is(err, ipc.ErrMailslotEmpty) {
		t.Errorf("a message too many, or %v", err)
	}
}

// TestMailslotSharedReading: of two goroutines each message goes to one.
func TestMailslotSharedReading(t *testing.T) {
	const writers, count = 2, 20_000
	n := ownNamespace(t)
	slot := must(n.CreateMailslot("slot", &ipc.MailslotOptions{QueueBytes: 1 << 16}))
	senders := startSenders(t, n, writers, count)
	ctx, over := context.WithCancel(within(t))
	defer over()
	var mu sync.Mutex
	times, left := map[[2]uint64]int{}, writers*count
	note := func(writer, k uint64) {
		mu.Lock()
		defer mu.Unlock()
		times[[2]uint64{writer, k}]++
		if left--; left == 0 {
			over()
		}
	}
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			next := map[uint64]uint64{}
			for message, err := range slot.Messages(ctx) {
				if err != nil {
					t.Error(err)
					return
				}
				writer, k, err := parseTraffic(message, mostSent)
				if err != nil || k < next[writer] {
					t.Errorf("message %d of writer %d after %d: %v", k, writer, next[writer], err)
				}
				next[writer] = k + 1
				note(writer, k)
			}
		})
	}
	readers.Wait()
	for who, count := range times {
		if count != 1 {
			t.Errorf("message %d of writer %d came %d times", who[1], who[0], count)
		}
	}
	if left != 0 || len(times) != writers*count {
		t.Errorf("%d messages of %d came, %d are due", len(times), writers*count, left)
	}
	for _, p := range senders {
		p.Expect("sent")
		p.Exit()
	}
}
