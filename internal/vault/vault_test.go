package vault

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// room is a vault with two organisations and a key in each.
type room struct {
	*Vault
	kek map[string][]byte
	key map[string][]byte
}

const (
	ours, theirs = "org-1", "org-2"
	keyID        = "case-1"
	secret       = "Nguyễn Thị Ánh, 090-1234-5678"
)

var here = Place{Table: "letters", Column: "body", Row: "row-1"}

func open(t *testing.T) *room {
	t.Helper()
	root, err := LoadOrCreateRoot(filepath.Join(t.TempDir(), "keys", "root"))
	if err != nil {
		t.Fatal(err)
	}
	r := &room{Vault: New(root), kek: map[string][]byte{}, key: map[string][]byte{}}
	for _, org := range []string{ours, theirs} {
		if r.kek[org], err = r.NewOrganisationKey(org); err != nil {
			t.Fatal(err)
		}
		if r.key[org], err = r.NewKey(org, r.kek[org], keyID); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *room) seal(t *testing.T) []byte {
	t.Helper()
	sealed, err := r.Seal(ours, r.kek[ours], r.key[ours], keyID, here, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsSealedOpensInItsPlace(t *testing.T) {
	r := open(t)
	first, second := r.seal(t), r.seal(t)
	if bytes.Equal(first, second) {
		t.Error("the same text sealed twice gives the same bytes")
	}
	if bytes.Contains(first, []byte("090")) {
		t.Error("the sealed bytes show the text")
	}
	plain, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, first)
	if err != nil || string(plain) != secret {
		t.Fatalf("opened %q, %v", plain, err)
	}
	empty, err := r.Seal(ours, r.kek[ours], r.key[ours], keyID, here, nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, empty); err != nil || len(plain) != 0 {
		t.Fatalf("nothing opened as %q, %v", plain, err)
	}
}

func TestEveryAlteredByteIsFound(t *testing.T) {
	r := open(t)
	sealed := r.seal(t)
	flips := 0
	try := func(what string, b []byte, want error, use func() error) {
		t.Helper()
		for i := range b {
			for _, bit := range []byte{1, 0x80} {
				b[i] ^= bit
				r.ForgetAll()
				if err := use(); !errors.Is(err, want) {
					t.Errorf("%s with byte %d of %d altered: %v", what, i, len(b), err)
				}
				b[i] ^= bit
				flips++
			}
		}
	}
	reopen := func() error {
		_, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, sealed)
		return err
	}
	try("the sealed text", sealed, ErrSealed, reopen)
	try("the wrapped key", r.key[ours], ErrWrapped, reopen)
	try("the organisation's key", r.kek[ours], ErrWrapped, reopen)
	for cut := range len(sealed) {
		if _, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, sealed[:cut]); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d bytes: %v", cut, err)
		}
	}
	if err := reopen(); err != nil || flips < 300 {
		t.Errorf("after %d flips undone: %v", flips, err)
	}
}

func TestSealedBytesOpenNowhereElse(t *testing.T) {
	r := open(t)
	sealed := r.seal(t)
	sibling, err := r.NewKey(ours, r.kek[ours], "case-2")
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"another table": func() error {
			_, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, Place{"messages", here.Column, here.Row}, sealed)
			return err
		},
		"another column": func() error {
			_, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, Place{here.Table, "subject", here.Row}, sealed)
			return err
		},
		"another row": func() error {
			_, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, Place{here.Table, here.Column, "row-2"}, sealed)
			return err
		},
		"a place whose parts join to the same": func() error {
			_, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, Place{"letter", "sbody", here.Row}, sealed)
			return err
		},
		"another case's key": func() error {
			_, err := r.Open(ours, r.kek[ours], sibling, "case-2", here, sealed)
			return err
		},
		"another case's key under this case's name": func() error {
			_, err := r.Open(ours, r.kek[ours], sibling, keyID, here, sealed)
			return err
		},
		"this case's key under another name": func() error {
			_, err := r.Open(ours, r.kek[ours], r.key[ours], "case-2", here, sealed)
			return err
		},
		"another organisation": func() error {
			_, err := r.Open(theirs, r.kek[theirs], r.key[theirs], keyID, here, sealed)
			return err
		},
		"another organisation with our keys": func() error {
			_, err := r.Open(theirs, r.kek[ours], r.key[ours], keyID, here, sealed)
			return err
		},
		"our name with their organisation's key": func() error {
			_, err := r.Open(ours, r.kek[theirs], r.key[ours], keyID, here, sealed)
			return err
		},
		"our name with their key": func() error {
			_, err := r.Open(ours, r.kek[ours], r.key[theirs], keyID, here, sealed)
			return err
		},
	} {
		// Once with everything in memory and once without: the cache must open no door.
		if err := try(); !errors.Is(err, ErrSealed) && !errors.Is(err, ErrWrapped) {
			t.Errorf("%s: %v", name, err)
		}
		r.ForgetAll()
		if err := try(); !errors.Is(err, ErrSealed) && !errors.Is(err, ErrWrapped) {
			t.Errorf("%s, nothing in memory: %v", name, err)
		}
		r.seal(t)
	}
	elsewhere := open(t)
	if _, err := elsewhere.Open(ours, r.kek[ours], r.key[ours], keyID, here, sealed); !errors.Is(err, ErrWrapped) {
		t.Errorf("another root: %v", err)
	}
}

func TestNothingOpensAfterTheKeyIsDestroyed(t *testing.T) {
	r := open(t)
	sealed := r.seal(t)
	if r.Cached() != 1 {
		t.Fatalf("%d keys in memory", r.Cached())
	}
	r.Forget(ours, keyID)
	if r.Cached() != 0 {
		t.Errorf("%d keys in memory after Forget", r.Cached())
	}
	for _, gone := range [][]byte{nil, {}} {
		if _, err := r.Open(ours, r.kek[ours], gone, keyID, here, sealed); !errors.Is(err, ErrDestroyed) {
			t.Errorf("without the key: %v", err)
		}
		if _, err := r.Seal(ours, r.kek[ours], gone, keyID, here, nil); !errors.Is(err, ErrDestroyed) {
			t.Errorf("sealing without the key: %v", err)
		}
	}
	// A key made anew under the same name is another key.
	again, err := r.NewKey(ours, r.kek[ours], keyID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(ours, r.kek[ours], again, keyID, here, sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("with a new key of the same name: %v", err)
	}
	// A reader that fetched the wrapped key just before it was deleted doesn't bring it back into memory.
	if _, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, sealed); err != nil {
		t.Fatal(err)
	}
	if r.Cached() != 0 {
		t.Error("a forgotten key came back into memory")
	}
}

func TestKeysLeaveMemoryAfterFiveMinutes(t *testing.T) {
	r := open(t)
	r.ForgetAll()
	synctest.Test(t, func(t *testing.T) {
		sealed := r.seal(t)
		time.Sleep(CacheLife - time.Second)
		if _, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, sealed); err != nil || r.Cached() != 1 {
			t.Fatalf("%v, %d keys in memory", err, r.Cached())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if r.Cached() != 0 || len(r.organisations) != 0 {
			t.Errorf("using a key kept it: %d keys, %d organisations in memory", r.Cached(), len(r.organisations))
		}
		r.Forget(ours, keyID)
		time.Sleep(CacheLife + time.Second)
		synctest.Wait()
		if len(r.forgotten) != 0 {
			t.Errorf("%d names of forgotten keys stay for ever", len(r.forgotten))
		}
	})
}

func TestManyMaySealAndForgetAtOnce(t *testing.T) {
	r := open(t)
	sealed := r.seal(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				plain, err := r.Open(ours, r.kek[ours], r.key[ours], keyID, here, sealed)
				if err != nil || string(plain) != secret {
					t.Errorf("%q, %v", plain, err)
				}
				r.Forget(ours, keyID)
			}
		})
	}
	all.Wait()
}

func TestNothingIsBoundToNothing(t *testing.T) {
	r := open(t)
	for _, place := range []Place{{}, {"letters", "body", ""}, {"letters", "", "1"}, {"", "body", "1"}} {
		if _, err := r.Seal(ours, r.kek[ours], r.key[ours], keyID, place, nil); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%+v: %v", place, err)
		}
	}
	if _, err := r.NewKey(ours, r.kek[ours], ""); !errors.Is(err, ErrIncomplete) {
		t.Error(err)
	}
	if _, err := r.NewOrganisationKey(""); !errors.Is(err, ErrIncomplete) {
		t.Error(err)
	}
}

func TestFingerprintsFindTheSameAndNothingElse(t *testing.T) {
	r := open(t)
	print := func(org, purpose, value string) string {
		t.Helper()
		p, err := r.Fingerprint(org, r.kek[org], purpose, value)
		if err != nil || len(p) != 16 {
			t.Fatalf("%x, %v", p, err)
		}
		return string(p)
	}
	same := print(ours, "mail", NormaliseMail("anh@example.org"))
	if same != print(ours, "mail", NormaliseMail("ＡＮＨ＠Example.org ")) {
		t.Error("one address, two fingerprints")
	}
	r.ForgetAll()
	if same != print(ours, "mail", "anh@example.org") {
		t.Error("the fingerprint changes when the key is unwrapped again")
	}
	for name, other := range map[string]string{
		"another organisation": print(theirs, "mail", "anh@example.org"),
		"another purpose":      print(ours, "phone", "anh@example.org"),
		"another value":        print(ours, "mail", "anh@example.com"),
	} {
		if other == same {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
	if _, err := r.Fingerprint(theirs, r.kek[ours], "mail", "anh@example.org"); !errors.Is(err, ErrWrapped) {
		t.Errorf("another organisation's key in its place: %v", err)
	}
	if _, err := r.Fingerprint(ours, r.kek[ours], "mail", NormaliseMail("no address")); !errors.Is(err, ErrEmpty) {
		t.Errorf("a fingerprint of nothing: %v", err)
	}
}

func TestValuesAreFoldedBeforeTheyAreSought(t *testing.T) {
	for name, group := range map[string]struct {
		fold   func(string) string
		want   string
		values []string
	}{
		"mail":          {NormaliseMail, "anh.le@example.org", []string{"anh.le@example.org", " Anh.Le@EXAMPLE.ORG", "ａｎｈ．ｌｅ＠ｅｘａｍｐｌｅ．ｏｒｇ", "mailto:anh.le@example.org.", "anh.le@exa\u200bmple.org"}},
		"mail in Japan": {NormaliseMail, "a@xn--wgv71a119e.jp", []string{"a@日本語.jp", "Ａ@日本語．ｊｐ"}},
		"no mail":       {NormaliseMail, "", []string{"", "anh", "@example.org", "anh@", "anh@."}},
		"phone":         {NormalisePhone, "+81312345678", []string{"03-1234-5678", "（０３）１２３４－５６７８", "03 1234 5678 内線12", "+81 3-1234-5678", "+81 (0)3 1234 5678", "81312345678", "010 81 3 1234 5678", "３－１２３４－５６７８"}},
		"phone abroad":  {NormalisePhone, "+84912345678", []string{"+84 912 345 678", "0084 912345678", "010-84-912-345-678"}},
		"no phone":      {NormalisePhone, "", []string{"", "110", "keine"}},
		"kana":          {NormaliseName, "ヤマダガッキ", []string{"ヤマダ ガッキ", "ﾔﾏﾀﾞ ｶﾞｯｷ", "ﾔﾏﾀﾞ　ｶﾞｯｷ", "ヤマダ・ガッキ", "ヤマタ\u3099ガッキ"}},
		"kanji":         {NormaliseName, "山田太郎", []string{"山田太郎", "山田　太郎", " 山田 太郎 "}},
		"Vietnamese":    {NormaliseName, "nguyễnthịánh", []string{"Nguyễn Thị Ánh", "NGUYỄN THỊ ÁNH", "Nguye\u0302\u0303n Thi\u0323 A\u0301nh", "ＮＧＵＹỄＮ Thị Ánh"}},
		"another name":  {NormaliseName, "nguyenthian", []string{"Nguyen Thi An"}},
		"German":        {NormaliseName, "strasse-müller", []string{"Straße-Müller", "STRASSE‐MÜLLER"}},
		"birth date":    {NormaliseBirthDate, "1990-01-02", []string{"1990-01-02", "1990/1/2", "１９９０年１月２日", "19900102", "平成2年1月2日", "H2.1.2", "Ｈ2.01.02", "02.01.1990", "2/1/1990", "1990 年 1 月 2 日"}},
		"first year":    {NormaliseBirthDate, "2019-05-01", []string{"令和元年5月1日", "R1.5.1"}},
		"no date":       {NormaliseBirthDate, "", []string{"", "1990-02-30", "1990-13-01", "yesterday", "1990"}},
	} {
		for _, v := range group.values {
			if got := group.fold(v); got != group.want {
				t.Errorf("%s: %q became %q, want %q", name, v, got, group.want)
			}
		}
		if again := group.fold(group.want); again != group.want {
			t.Errorf("%s: folding twice gives %q", name, again)
		}
	}
}

func TestTheRootIsMadeOnceAndReadByItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "root")
	if _, err := LoadRoot(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("loading no root: %v", err)
	}
	var all sync.WaitGroup
	names := make([]string, 8)
	for i := range names {
		all.Go(func() {
			root, err := LoadOrCreateRoot(path)
			if err != nil {
				t.Error(err)
				return
			}
			names[i] = root.Name()
		})
	}
	all.Wait()
	for _, name := range names {
		if name != names[0] || name == "" {
			t.Fatalf("several roots: %v", names)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	rest, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(rest) != 1 {
		t.Errorf("files left beside the root: %v, %v", rest, err)
	}
	if err := os.Chmod(path, 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadRoot(path); err == nil || !strings.Contains(err.Error(), "chmod 0400") {
		t.Errorf("a root that the group may read: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"primaryKeyId":1,"secret":"hush"}`), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateRoot(path); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("a file that is no key: %v", err)
	}
}

func TestTheRootLiesOutsideTheData(t *testing.T) {
	base := t.TempDir()
	data := filepath.Join(base, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(data, filepath.Join(base, "link")); err != nil {
		t.Fatal(err)
	}
	for path, fine := range map[string]bool{
		filepath.Join(base, "etc", "root"):          true,
		filepath.Join(base, "data-keys", "root"):    true,
		filepath.Join(data, "..", "root"):           true,
		filepath.Join(data, "root"):                 false,
		filepath.Join(data, "keys", "deep", "root"): false,
		filepath.Join(base, "link", "keys", "root"): false,
	} {
		if err := CheckPlace(path, data); (err == nil) != fine {
			t.Errorf("%s: %v", path, err)
		}
	}
}
