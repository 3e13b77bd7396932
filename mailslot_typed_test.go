//go:build linux || windows

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/cbor"
	"github.com/winsys-go/ipc/codec/gob"
	"github.com/winsys-go/ipc/codec/pymarshal"
)

// An order is what the typed mailslots of these tests carry.
type order struct {
	ID    int64
	Items []string
	Paid  bool
}

// TestTypedMailslotNil: typed ends that are nil, or of nothing, give errors.
func TestTypedMailslotNil(t *testing.T) {
	ctx := context.Background()
	for _, m := range []*ipc.MailslotOf[order]{nil, new(ipc.MailslotOf[order]), ipc.ReadAs[order](nil, nil)} {
		_, got := m.Get(ctx)
		_, tried := m.TryGet()
		for _, err := range []error{got, tried, m.Close()} {
			if !errors.Is(err, ipc.ErrInvalid) {
				t.Errorf("the end that reads: %v", err)
			}
		}
	}
	for _, w := range []*ipc.MailslotWriterOf[order]{nil, new(ipc.MailslotWriterOf[order]), ipc.WriteAs[order](nil, nil)} {
		for _, err := range []error{w.Put(ctx, order{}), w.TryPut(order{}), w.Close()} {
			if !errors.Is(err, ipc.ErrInvalid) {
				t.Errorf("the end that writes: %v", err)
			}
		}
	}
}

// TestTypedMailslot sends a value through every codec.
func TestTypedMailslot(t *testing.T) {
	ctx := context.Background()
	want := order{7, []string{"a", "ü"}, true}
	for _, c := range []codec.Codec{nil, codec.JSON, gob.Codec, cbor.Codec, pymarshal.Codec} {
		name := fmt.Sprintf("%s %d", t.Name(), os.Getpid())
		m, err := ipc.CreateMailslotOf[order](name, c, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := ipc.OpenMailslotOf[order](name, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Put(ctx, want), w.TryPut(want)); err != nil {
			t.Fatal(err)
		}
		got, err := m.Get(ctx)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := m.TryGet(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := m.TryGet(); !errors.Is(err, ipc.ErrMailslotEmpty) {
			t.Error(err)
		}
		if err := errors.Join(w.Close(), m.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestTooComplex: what the codec cannot encode is not sent.
func TestTooComplex(t *testing.T) {
	m, w := typedPair[any](t, nil)
	err := w.Put(context.Background(), make(chan int))
	if !errors.Is(err, ipc.ErrMessageTooComplex) || !errors.Is(err, codec.ErrTooComplex) {
		t.Error(err)
	}
	if n, err := m.Mailslot().Len(); n != 0 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
}

// TestMalformed: a message that is none of the codec's is returned in the error,
// and those behind it come all the same.
func TestMalformed(t *testing.T) {
	m, w := typedPair[int](t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := errors.Join(w.Put(ctx, 1), w.Writer().Put(ctx, []byte("{")), w.Put(ctx, 2)); err != nil {
		t.Fatal(err)
	}
	var good []int
	var bad []string
	for v, err := range m.Messages(ctx) {
		var wrong *ipc.MessageError
		switch {
		case errors.As(err, &wrong):
			bad = append(bad, string(wrong.Message))
			if !errors.Is(err, codec.ErrMalformed) {
				t.Error(err)
			}
		case err != nil:
			t.Fatal(err)
		default:
			good = append(good, v)
		}
		if len(good) == 2 {
			cancel()
		}
	}
	if !reflect.DeepEqual(good, []int{1, 2}) || !reflect.DeepEqual(bad, []string{"{"}) {
		t.Errorf("good %v, bad %q", good, bad)
	}
}

func typedPair[T any](t *testing.T, c codec.Codec) (*ipc.MailslotOf[T], *ipc.MailslotWriterOf[T]) {
	t.Helper()
	name := fmt.Sprintf("%s %d", t.Name(), os.Getpid())
	m, err := ipc.CreateMailslotOf[T](name, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	w, err := ipc.OpenMailslotOf[T](name, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return m, w
}
