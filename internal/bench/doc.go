// Package bench measures the library: what an operation costs, how long a
// hand-off takes, what a crowd weighs. The command "ipc bench" runs it as it
// is; the module in bench/ runs it with peers beside: programs in C, other Go
// modules.
//
// A [Figure] is one thing that is measured. It has subjects, which a [Runner]
// measures in turn, round after round: ours first, then whatever it is compared
// with. Machines are noisy, so what counts is the median of the rounds' ratios;
// an absolute time says little about another machine. A [Target] is a promise
// about a figure, met or missed in this run; one whose peer is not there says
// nothing.
//
// Where things are: figure.go, target.go and run.go are the frame; stage.go and
// process.go are what a figure plays on: namespaces and child processes, which
// are this program again in a role. table.go tells the result. Every other file
// is one family of figures with the roles of its children.
//
// Measuring code does not pass errors on: it panics, and the figure has failed.
package bench
