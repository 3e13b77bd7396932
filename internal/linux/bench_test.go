//go:build linux

package linux

import (
	"testing"
	"time"
)

func BenchmarkFutexWakeNobody(b *testing.B) {
	s := openTest(b, shmDir(b))
	for b.Loop() {
		FutexWake(word(s, 0), 1)
	}
}

func BenchmarkNow(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Now()
	}
}

func BenchmarkWallNow(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		WallNow()
	}
}

func BenchmarkPinUnpin(b *testing.B) {
	for b.Loop() {
		Pin()
		Unpin()
	}
}

func BenchmarkPause(b *testing.B) {
	for b.Loop() {
		Pause(1)
	}
}

func BenchmarkPause1000(b *testing.B) {
	for b.Loop() {
		Pause(1000)
	}
}

func BenchmarkBarrier(b *testing.B) {
	for b.Loop() {
		Barrier()
	}
}

func BenchmarkFutexWaitMany4(b *testing.B) {
	s := openTest(b, shmDir(b))
	words := []*uint32{word(s, 0), word(s, 1), word(s, 2), word(s, 3)}
	values := []uint32{0, 0, 0, 1} // the last differs
	b.ReportAllocs()
	for b.Loop() {
		FutexWaitMany(words, values, time.Second)
	}
}

func BenchmarkDeleted(b *testing.B) {
	s := openTest(b, shmDir(b))
	for b.Loop() {
		s.Deleted()
	}
}
