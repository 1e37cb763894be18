package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Root wraps the key of every organisation. Its methods are those of Tink's AEAD, so that a key service or a
// hardware module can stand here; FileRoot is the one for an installation without either.
type Root interface {
	// Encrypt seals plain, bound to the associated data.
	Encrypt(plain, associatedData []byte) ([]byte, error)
	// Decrypt opens what Encrypt sealed; other associated data or another root is an error.
	Decrypt(sealed, associatedData []byte) ([]byte, error)
	// Name tells one root from another in a message or a setting. It says nothing about the key.
	Name() string
}

// FileRoot is a root kept in a file that only its owner may read.
type FileRoot struct {
	aead tink.AEAD
	name string
}

// Encrypt is Root's.
func (r *FileRoot) Encrypt(plain, associatedData []byte) ([]byte, error) {
	return r.aead.Encrypt(plain, associatedData)
}

// Decrypt is Root's.
func (r *FileRoot) Decrypt(sealed, associatedData []byte) ([]byte, error) {
	return r.aead.Decrypt(sealed, associatedData)
}

// Name is Root's: eight hexadecimal digits out of a hash of the file.
func (r *FileRoot) Name() string { return r.name }

// LoadOrCreateRoot reads the root key at path, or makes one there (0400, its folder 0700) when there is none.
// Two processes that start at once get the same key. Production calls LoadRoot instead: a root that is made anew
// because a disk was not mounted would leave all that is sealed unreadable.
func LoadOrCreateRoot(path string) (*FileRoot, error) {
	root, err := LoadRoot(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: making a root key: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("vault: writing the root key: %w", err)
	}
	if err := writeOnce(path, text.Bytes()); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("vault: writing the root key: %w", err)
	}
	return LoadRoot(path)
}

// LoadRoot reads the root key at path. A missing file is fs.ErrNotExist; a file that others may read is refused.
func LoadRoot(path string) (*FileRoot, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("vault: the root key: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("vault: the root key %s can be read by others than its owner (mode %04o); run chmod 0400 on it", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("vault: the root key: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		// The cause is left out: it may quote the file.
		return nil, fmt.Errorf("vault: %s is not a root key", path)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("vault: the root key %s: %w", path, err)
	}
	sum := sha256.Sum256(append([]byte("madoguchi root name\n"), text...))
	return &FileRoot{aead: primitive, name: hex.EncodeToString(sum[:4])}, nil
}

// CheckPlace refuses a root key that lies inside the data directory: whoever carries off the data, or a backup of
// it, must not carry off the key. Demonstrations on one machine do without the check.
func CheckPlace(path, dataDirectory string) error {
	key, err := real(path)
	if err != nil {
		return fmt.Errorf("vault: the place of the root key: %w", err)
	}
	data, err := real(dataDirectory)
	if err != nil {
		return fmt.Errorf("vault: the data directory: %w", err)
	}
	inside, err := filepath.Rel(data, key)
	if err != nil || inside == ".." || strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
		return nil
	}
	return fmt.Errorf("vault: the root key %s lies in the data directory %s; keep it elsewhere", path, dataDirectory)
}

// real resolves the links of as much of a path as exists.
func real(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(whole)
	if err == nil {
		return resolved, nil
	}
	if !errors.Is(err, fs.ErrNotExist) || whole == filepath.Dir(whole) {
		return "", err
	}
	parent, err := real(filepath.Dir(whole))
	return filepath.Join(parent, filepath.Base(whole)), err
}

// writeOnce puts a file at path if none is there, whole or not at all, on the disk before it returns; fs.ErrExist
// when somebody was faster. A link and not a rename: a rename would replace the key of the other process.
func writeOnce(path string, text []byte) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(folder, ".new-key-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(text)
	err = errors.Join(err, draft.Chmod(0o400), draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes the new name itself last: without it a power cut can lose a file that was synced.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
