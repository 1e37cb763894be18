package canary

import (
	"bytes"
	"encoding/binary"
)

// isSQLite knows a database by its first bytes, whatever its file is called.
func isSQLite(data []byte) bool {
	return len(data) >= 100 && bytes.HasPrefix(data, []byte("SQLite format 3\x00"))
}

// longPayloads puts the rows of an SQLite file together that are longer than a page and chained through others, so
// that a value across two pages, or an archive in many, is seen whole. It reads the file as it stands and once more
// with the pages of the write-ahead log in their places. Damaged chains give what they have; the bytes of all pages
// are scanned as they are besides.
// The format is https://www.sqlite.org/fileformat2.html, sections 1.5, 1.6 and 4.
func longPayloads(main, wal []byte) []byte {
	size := int(binary.BigEndian.Uint16(main[16:]))
	if size == 1 {
		size = 65536
	}
	if size < 512 {
		return nil
	}
	pages := make([][]byte, 0, len(main)/size)
	for at := 0; at+size <= len(main); at += size {
		pages = append(pages, main[at:at+size])
	}
	usable := size - int(main[20])
	out := chained(pages, usable, nil)
	if len(wal) < 32 || int(binary.BigEndian.Uint32(wal[8:])) != size {
		return out
	}
	for at := 32; at+24+size <= len(wal); at += 24 + size {
		number := int(binary.BigEndian.Uint32(wal[at:]))
		if number < 1 || number > 1<<24 {
			continue
		}
		for len(pages) < number {
			pages = append(pages, nil)
		}
		pages[number-1] = wal[at+24 : at+24+size]
	}
	return chained(pages, usable, out)
}

// chained appends every payload that overflows its page.
func chained(pages [][]byte, usable int, out []byte) []byte {
	for number, page := range pages {
		if page == nil {
			continue
		}
		head := 0
		if number == 0 {
			head = 100
		}
		kind := page[head]
		cells := head + 8
		switch kind {
		case 0x0d, 0x0a: // leaves of tables and of indexes
		case 0x02: // inner pages of indexes hold payloads too
			cells = head + 12
		default:
			continue
		}
		count := int(binary.BigEndian.Uint16(page[head+3:]))
		for c := range count {
			at := cells + 2*c
			if at+2 > len(page) {
				break
			}
			out = payload(pages, page, kind, int(binary.BigEndian.Uint16(page[at:])), usable, out)
		}
	}
	return out
}

// payload appends the payload of the cell at a place of a page, if it overflows.
func payload(pages [][]byte, page []byte, kind byte, at, usable int, out []byte) []byte {
	if kind == 0x02 {
		at += 4 // the left child
	}
	length, n := varint(page, at)
	if n == 0 {
		return out
	}
	at += n
	most := (usable-12)*64/255 - 23
	if kind == 0x0d {
		_, n := varint(page, at) // the row's number
		at += n
		most = usable - 35
	}
	if length <= most || length > largest {
		return out
	}
	least := (usable-12)*32/255 - 23
	local := least + (length-least)%(usable-4)
	if local > most {
		local = least
	}
	if at+local+4 > len(page) {
		return out
	}
	out = append(out, page[at:at+local]...)
	next := int(binary.BigEndian.Uint32(page[at+local:]))
	for left := length - local; left > 0 && next >= 1 && next <= len(pages) && pages[next-1] != nil; {
		over := pages[next-1]
		take := min(left, usable-4)
		out = append(out, over[4:4+take]...)
		left -= take
		next = int(binary.BigEndian.Uint32(over))
	}
	return append(out, gap...)
}

// varint reads SQLite's number of up to nine bytes, and how many it took; 0 when the page ends before.
func varint(page []byte, at int) (value, n int) {
	for i := range 9 {
		if at+i >= len(page) {
			return 0, 0
		}
		c := page[at+i]
		if i == 8 {
			return value<<8 | int(c), 9
		}
		value = value<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
