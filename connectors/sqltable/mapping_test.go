package sqltable

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestAWrongMappingIsRefusedWithItsPlace(t *testing.T) {
	schema, err := fs.ReadFile(packs, SchemaFile)
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile("../../packs/izumisano/systems/centre-records.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(schema, "m.yaml", good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"SQL in a name of a table", "table: messages\n", "table: messages; DROP TABLE person\n", "not a name that can stand here"},
		{"a quote in a name of a column", "key: person_no\n    item_per: category", "key: 'person\"_no'\n    item_per: category", "not a name that can stand here"},
		{"an address in the file", "connection: CENTRE_RECORDS", "connection: postgres://u:p@h/d", "not a name that can stand here"},
		{"a word that is not there", "item_per: record", "item_per: record\n    where: 1 = 1", `"where" is not a word`},
		{"two ways to the person", "through: {", "key: person_no\n    through: {", "exactly one of key, through and contact"},
		{"no way to the person", "    through: {column: thread_no, table: threads, to: thread_no, key: person_no}\n", "", "exactly one of key, through and contact"},
		{"a voice that is missing", ", de: Beratung}", "}", "lacks de"},
		{"a category twice", "id: threads", "id: messages", "is there twice"},
		{"a key twice", "item_per: record", "item_per: record\n    item_per: record", "m.yaml:"},
		{"an anchor", "connection: CENTRE_RECORDS", "connection: &a CENTRE_RECORDS", "not part of the language"},
		{"a contact that nobody has", "  mail: mail\n", "", "add person.mail"},
		{"a shared contact without a contact", "item_per: record", "item_per: record\n    shared_contact: true", "reached by a contact"},
		{"a label on a category", "order: [sent_at, message_no]", "label: sent_at", "item_per: record"},
		{"an erasure without a name for the rows", "    row_key: consultation_no\n", "", "add row_key"},
		{"an erasure that leaves nothing behind", "tombstones: {table: tombstones, salt: tombstone_salt}\n", "", "add tombstones"},
		{"holds that nobody counts", "journal: {calls: calls, changes: changes}\n", "", "add journal"},
		{"a value of a row without a name", "    row_key: thread_no\n", "", "add row_key"},
		{"a key that could be put right", "{name: person_no, ", "{name: person_no, writable: true, ", "whose the row is"},
		{"a contact that could be put right", "{name: from_mail, ", "{name: from_mail, writable: true, ", "whose the row is"},
		{"SQL in the table of holds", "holds: {table: holds}", "holds: {table: 'holds; --'}", "not a name that can stand here"},
		{"tombstones without a salt", "tombstones: {table: tombstones, salt: tombstone_salt}", "tombstones: {table: tombstones}", "lacks salt"},
		{"a column that is erasable", "{name: held_on, ", "{name: held_on, erasable: true, ", `"erasable" is not a word`},
		{"two documents", "id: centre-records", "---\nid: a\n---\nid: centre-records", "exactly one document"},
		{"not YAML", "categories:", "categories: [", "m.yaml:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(string(good), c.old, c.new, 1)
			if text == string(good) {
				t.Fatal("the fault was not planted")
			}
			_, err := Parse(schema, "m.yaml", []byte(text))
			var ps Problems
			if !errors.As(err, &ps) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v", err)
			}
			// The place is the line where the fault was planted, give or take the key above it.
			at := strings.Count(text[:strings.Index(string(good), c.old)], "\n") + 1
			if l := ps[0].Line; c.new != "" && (l < at-12 || l > at+12) || ps[0].Column < 1 {
				t.Errorf("line %d, planted at %d", l, at)
			}
		})
	}
}

func FuzzAMappingNeverStopsTheProcess(f *testing.F) {
	schema, err := fs.ReadFile(packs, SchemaFile)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "id: x", "- [", "a: &b [*b]", "? {a: b}\n: c", strings.Repeat("[", 500), "\xff", "id: !!binary x", "categories:\n - {columns: [{name: 1}]}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := Parse(schema, "f.yaml", b); (m == nil) == (err == nil) {
			t.Error("neither a mapping nor an error, or both")
		}
	})
}
