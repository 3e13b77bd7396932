//go:build !amd64 || race

package shm

import "sync/atomic"

func release(w *uint64, v uint64) { atomic.StoreUint64(w, v) }
