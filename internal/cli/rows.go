package cli

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// widest is how wide a column gets for the sake of what is in it. A name may have
// a thousand characters, and is then beyond its column in its own line only.
const widest = 40

// columnGap is between columns.
const columnGap = 2

// writeRows writes rows of as many cells each, in columns.
func writeRows(out io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if n := utf8.RuneCountInString(cell); n <= widest {
				widths[i] = max(widths[i], n)
			}
		}
	}
	w := bufio.NewWriter(out)
	for _, row := range rows {
		last := len(row) - 1
		for i, cell := range row[:last] {
			pad := widths[i] - utf8.RuneCountInString(cell)
			w.WriteString(cell + strings.Repeat(" ", max(pad, 0)+columnGap))
		}
		w.WriteString(row[last] + "\n")
	}
	return w.Flush()
}
