package shm

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// A docTable is a table of docs/segment-format.md.
type docTable struct {
	section string // the heading above it, without #
	columns []string
	rows    [][]string // without the quotes of code
}

// readFormat gives the tables of the document.
func readFormat(t *testing.T) []docTable {
	t.Helper()
	text, err := os.ReadFile("../../docs/segment-format.md")
	if err != nil {
		t.Fatal(err)
	}
	var tables []docTable
	section, inside := "", false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			section = strings.TrimLeft(line, "# ")
		}
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case !inside:
			tables = append(tables, docTable{section: section, columns: cells})
			inside = true
		case !strings.HasPrefix(cells[0], "-"):
			last := &tables[len(tables)-1]
			last.rows = append(last.rows, cells)
		}
	}
	return tables
}

// column finds a column by its title; -1 when the table has none.
func (d *docTable) column(title string) int {
	for i, c := range d.columns {
		if c == title {
			return i
		}
	}
	return -1
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		t.Fatalf("docs/segment-format.md: %v", err)
	}
	return v
}

// TestFormatOfRecords compares the records with their tables, field by field.
func TestFormatOfRecords(t *testing.T) {
	records := map[string]reflect.Type{}
	for _, r := range []any{
		header{}, tableHeader{}, logEntry{}, slotRecord{}, objectRecord{}, handleRecord{},
		waiterRecord{}, entryRecord{}, blockRecord{}, chunkRecord{}, ringRecord{},
	} {
		records[reflect.TypeOf(r).Name()] = reflect.TypeOf(r)
	}
	heading := regexp.MustCompile("^`(\\w+)` \\((\\d+) bytes\\)$")
	for _, d := range readFormat(t) {
		m := heading.FindStringSubmatch(d.section)
		if m == nil {
			continue
		}
		r, ok := records[m[1]]
		if !ok {
			t.Errorf("%s: there is no such record, or it has two tables", m[1])
			continue
		}
		delete(records, m[1])
		if size := number(t, m[2]); uint64(r.Size()) != size {
			t.Errorf("%s has %d bytes, the document says %d", m[1], r.Size(), size)
		}
		if r.NumField() != len(d.rows) {
			t.Errorf("%s has %d fields, the document %d", m[1], r.NumField(), len(d.rows))
			continue
		}
		for i, row := range d.rows {
			f := r.Field(i)
			if f.Name != row[2] || uint64(f.Offset) != number(t, row[0]) || uint64(f.Type.Size()) != number(t, row[1]) {
				t.Errorf("%s.%s is at %d and has %d bytes; the document has %s at %s with %s",
					m[1], f.Name, f.Offset, f.Type.Size(), row[2], row[0], row[1])
			}
		}
	}
	for name := range records {
		t.Errorf("the document has no table for %s", name)
	}
}

// TestFormatOfFile compares the places of the tables.
func TestFormatOfFile(t *testing.T) {
	type part struct{ offset, size uint64 }
	parts := map[string]part{
		"header":  {0, pageSize},
		"log":     {offLog, logSize * uint64(unsafe.Sizeof(logEntry{}))},
		"buckets": {uint64(offBuckets), bucketCount * uint64(unsafe.Sizeof(word(0)))},
		"end":     {uint64(Size), 0},
	}
	for t, name := range []string{"slots", "objects", "handles", "waiters", "blocks", "chunks", "rings"} {
		g := geometries[t]
		parts[name] = part{g.offset, g.size * g.max}
	}
	next := uint64(0)
	for _, d := range readFormat(t) {
		if d.section != "The file" {
			continue
		}
		for _, row := range d.rows {
			got := part{number(t, row[0]), number(t, row[1])}
			if want, ok := parts[row[2]]; !ok || got != want {
				t.Errorf("%s: %v, the document says %v", row[2], want, got)
			}
			if got.offset != next {
				t.Errorf("%s begins at %d, what is before it ends at %d", row[2], got.offset, next)
			}
			next = got.offset + got.size
			delete(parts, row[2])
		}
	}
	for name := range parts {
		t.Errorf("the document does not say where %s is", name)
	}
}

// TestFormatOfWords compares the bits of words, the states of a claim and the
// constants.
func TestFormatOfWords(t *testing.T) {
	names := map[string]uint64{
		"payloadMask": payloadMask, "abandoned": abandoned, "pulseBit": pulseBit, "wokenBit": wokenBit, "slowBit": slowBit,
		"generationMask":  generationMask,
		"ownerNumberMask": ownerNumberMask, "recursiveBit": recursiveBit,
		"claimStateMask": claimStateMask, "claimParked": claimParked,
		"lockSlotMask": lockSlotMask, "lockSleepers": lockSleepers,
		"byteLock": byteLock, "diedBit": diedBit, "waitersBit": waitersBit,

		"claimIdle": uint64(claimIdle), "claimWaiting": uint64(claimWaiting), "claimNudged": uint64(claimNudged),
		"claimCancelled": uint64(claimCancelled), "claimClosed": uint64(claimClosed), "claimGranted": uint64(claimGranted),

		"version": version, "magic": magic, "logSize": logSize, "bucketCount": bucketCount,
		"maxSlots": maxSlots, "maxObjects": maxObjects, "maxHandles": maxHandles, "maxWaiters": maxWaiters,
		"maxBlocks": maxBlocks, "maxChunks": maxChunks, "maxRings": maxRings, "inlineEntries": inlineEntries, "maxWait": maxWait,
		"chunkText": chunkText, "initialSlots": initialSlots, "pageSize": pageSize,
		"InitialReserve": uint64(InitialReserve), "frozen": frozen,
		"flagManual": flagManual, "flagPermanent": flagPermanent, "flagReclaim": flagReclaim, "flagEnded": flagEnded,
		"waitAllBit": waitAllBit, "readyBit": readyBit,
		"clockNone": clockNone, "clockMonotonic": clockMonotonic, "clockWall": clockWall,
	}
	for _, d := range readFormat(t) {
		name, value := d.column("name"), d.column("mask")
		if value < 0 {
			value = d.column("value")
		}
		if name < 0 {
			name = d.column("state")
		}
		if name < 0 || value < 0 {
			continue
		}
		for _, row := range d.rows {
			if row[name] == "" {
				continue // bits that have a meaning and no name
			}
			want, ok := names[row[name]]
			if got := number(t, row[value]); !ok || got != want {
				t.Errorf("%s: %s is %#x, the document says %#x", d.section, row[name], want, got)
			}
			delete(names, row[name])
		}
	}
	for name := range names {
		t.Errorf("the document does not say what %s is", name)
	}
}
