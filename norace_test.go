//go:build linux && !race

package ipc_test

const raceEnabled = false
