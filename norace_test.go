//go:build (linux || windows) && !race

package ipc_test

const raceEnabled = false
