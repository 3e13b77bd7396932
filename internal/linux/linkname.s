//go:build linux

// Empty: its presence lets the compiler accept functions without a body,
// whose bodies the runtime has.
