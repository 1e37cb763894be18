// Package vault seals what is known about a person and opens it again.
//
// There are three layers of keys. A root key, outside the database, wraps one key per organisation; the
// organisation's key wraps one key per submission and one per case; those seal the data. Each is drawn at random,
// none is derived from another, so that destroying the one wrapped key of a case makes its data unreadable for good,
// whatever copies of the sealed bytes remain. The package keeps nothing: wrapped keys and sealed bytes are rows of
// the store, which also writes down who opened what and why before it calls Open.
//
// Sealed bytes are bound to organisation, key, table, column and row (associated data), so that nobody who can
// write to the database can show one person's data as another's. What destruction does not reach is said plainly:
// copies of the wrapped key in backups, for as long as these are kept, and the memory of a running process, where an
// unwrapped key stays at most CacheLife; Go can't promise to wipe what the collector has not yet reused.
package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// CacheLife is how long an unwrapped key may stay in memory, counted from its unwrapping and not from its last use.
const CacheLife = 5 * time.Minute

// version opens every sealed or wrapped value and is part of what it is bound to: a later form can stand beside it.
const version = 1

var (
	// ErrDestroyed says that the key is gone, and what it sealed with it.
	ErrDestroyed = errors.New("vault: the key was destroyed; what it sealed can't be read any more")
	// ErrSealed says that sealed bytes can't be opened here: altered, from another place, or under another key.
	// It never says which, and never quotes anything.
	ErrSealed = errors.New("vault: these sealed bytes don't belong here or were altered")
	// ErrWrapped is the same for a wrapped key.
	ErrWrapped = errors.New("vault: this wrapped key doesn't belong here, was altered, or is from another root")
	// ErrEmpty refuses a fingerprint of nothing, which would find everybody who left the field empty.
	ErrEmpty = errors.New("vault: there is nothing to search for in this value")
	// ErrIncomplete is a place, organisation or key without a name: sealed bytes would be bound to less than they should.
	ErrIncomplete = errors.New("vault: organisation, key and place must all be named")
)

// Place is where sealed bytes are stored. They open nowhere else.
type Place struct{ Table, Column, Row string }

// Vault seals and opens. It is safe for use by many goroutines.
type Vault struct {
	root Root

	mu            sync.Mutex
	organisations map[string]organisationEntry
	keys          map[keyName]keyEntry
	forgotten     map[keyName]*time.Timer
}

// keyName is what a cached key is found, and forgotten, by.
type keyName struct{ organisation, id string }

// An entry answers only to the wrapped bytes that it was unwrapped from: who can't present them gets nothing.
type keyEntry struct {
	of    [sha256.Size]byte
	aead  tink.AEAD
	until *time.Timer
}

type organisationEntry struct {
	of    [sha256.Size]byte
	keys  *organisationKeys
	until *time.Timer
}

// organisationKeys are the two keysets of an organisation: one wraps keys, one makes fingerprints.
type organisationKeys struct {
	wrapping    tink.AEAD
	fingerprint *prf.Set
}

// New returns a vault under the root.
func New(root Root) *Vault {
	return &Vault{
		root:          root,
		organisations: map[string]organisationEntry{},
		keys:          map[keyName]keyEntry{},
		forgotten:     map[keyName]*time.Timer{},
	}
}

// NewOrganisationKey draws the key of an organisation and returns it wrapped under the root, for the store to keep.
// It is bound to the organisation, so that another's can't be put in its place.
func (v *Vault) NewOrganisationKey(organisation string) (wrapped []byte, err error) {
	if organisation == "" {
		return nil, ErrIncomplete
	}
	wrapping, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: making an organisation's key: %w", err)
	}
	finger, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: making an organisation's key: %w", err)
	}
	first, err := wrap(wrapping, v.root, bound("organisation key", organisation))
	if err != nil {
		return nil, err
	}
	second, err := wrap(finger, v.root, bound("fingerprint key", organisation))
	if err != nil {
		return nil, err
	}
	wrapped = binary.BigEndian.AppendUint16([]byte{version}, uint16(len(first)))
	wrapped = append(wrapped, first...)
	return append(wrapped, second...), nil
}

// NewKey draws the key of a submission or a case, 256 bits independent of every other, and returns it wrapped under
// the organisation's. Deleting that row everywhere, and Forget, is its destruction.
func (v *Vault) NewKey(organisation string, wrappedKEK []byte, keyID string) (wrapped []byte, err error) {
	if organisation == "" || keyID == "" {
		return nil, ErrIncomplete
	}
	keys, err := v.organisation(organisation, wrappedKEK)
	if err != nil {
		return nil, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: making a key: %w", err)
	}
	inner, err := wrap(handle, keys.wrapping, bound("key", organisation, keyID))
	if err != nil {
		return nil, err
	}
	return append([]byte{version}, inner...), nil
}

// Seal encrypts plain under the key, for one place. The same plain text twice gives different bytes.
// An empty wrapped key is ErrDestroyed.
func (v *Vault) Seal(organisation string, wrappedKEK, wrappedKey []byte, keyID string, place Place, plain []byte) ([]byte, error) {
	key, err := v.key(organisation, wrappedKEK, wrappedKey, keyID, place)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Encrypt(plain, placed(organisation, keyID, place))
	if err != nil {
		return nil, fmt.Errorf("vault: sealing: %w", err)
	}
	return append([]byte{version}, sealed...), nil
}

// Open returns what Seal was given. The caller writes down who opens it and why before it calls.
// ErrDestroyed when the wrapped key is empty, ErrWrapped and ErrSealed when something is not what it should be.
func (v *Vault) Open(organisation string, wrappedKEK, wrappedKey []byte, keyID string, place Place, sealed []byte) ([]byte, error) {
	key, err := v.key(organisation, wrappedKEK, wrappedKey, keyID, place)
	if err != nil {
		return nil, err
	}
	if len(sealed) == 0 || sealed[0] != version {
		return nil, ErrSealed
	}
	plain, err := key.Decrypt(sealed[1:], placed(organisation, keyID, place))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Fingerprint is what a sealed value can be searched by: 128 bits of a keyed HMAC-SHA256 over purpose and value.
// It is equal only for equal values of one organisation and one purpose ("mail", "phone", "name", "birth-date"), and
// says nothing without the organisation's key. The value must have gone through its Normalise function; an empty one
// is ErrEmpty.
func (v *Vault) Fingerprint(organisation string, wrappedKEK []byte, purpose, normalised string) ([]byte, error) {
	if normalised == "" {
		return nil, ErrEmpty
	}
	if organisation == "" || purpose == "" {
		return nil, ErrIncomplete
	}
	keys, err := v.organisation(organisation, wrappedKEK)
	if err != nil {
		return nil, err
	}
	print, err := keys.fingerprint.ComputePrimaryPRF(bound("fingerprint", organisation, purpose, normalised), 16)
	if err != nil {
		return nil, fmt.Errorf("vault: fingerprint: %w", err)
	}
	return print, nil
}

// Forget drops an unwrapped key from memory, and keeps it from being kept again by a reader that fetched the
// wrapped key just before it was deleted. Call it after the transaction that deleted the key has committed.
// Other processes drop theirs within CacheLife.
func (v *Vault) Forget(organisation, keyID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	name := keyName{organisation, keyID}
	v.drop(name)
	if old, ok := v.forgotten[name]; ok {
		old.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(CacheLife, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.forgotten[name] == timer {
			delete(v.forgotten, name)
		}
	})
	v.forgotten[name] = timer
}

// ForgetAll drops every unwrapped key, as before a process ends or sleeps.
func (v *Vault) ForgetAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name := range v.keys {
		v.drop(name)
	}
	for name, e := range v.organisations {
		e.until.Stop()
		delete(v.organisations, name)
	}
}

// Cached counts the keys of submissions and cases that are unwrapped in memory now.
func (v *Vault) Cached() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.keys)
}

// key returns the primitive of a submission's or case's key, unwrapped or from memory.
func (v *Vault) key(organisation string, wrappedKEK, wrappedKey []byte, keyID string, place Place) (tink.AEAD, error) {
	if organisation == "" || keyID == "" || place.Table == "" || place.Column == "" || place.Row == "" {
		return nil, ErrIncomplete
	}
	if len(wrappedKey) == 0 {
		return nil, ErrDestroyed
	}
	// Both wrapped keys are part of the digest: a hit proves that the caller has what a fresh unwrapping would need.
	of := sha256.Sum256(bound("cached", organisation, keyID, string(wrappedKEK), string(wrappedKey)))
	name := keyName{organisation, keyID}
	v.mu.Lock()
	cached, ok := v.keys[name]
	v.mu.Unlock()
	if ok && cached.of == of {
		return cached.aead, nil
	}
	keys, err := v.organisation(organisation, wrappedKEK)
	if err != nil {
		return nil, err
	}
	if wrappedKey[0] != version {
		return nil, ErrWrapped
	}
	handle, err := unwrap(wrappedKey[1:], keys.wrapping, bound("key", organisation, keyID))
	if err != nil {
		return nil, ErrWrapped
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, ErrWrapped
	}
	v.keep(name, of, primitive)
	return primitive, nil
}

// keep puts a key into memory until CacheLife is over, unless it was forgotten meanwhile.
func (v *Vault) keep(name keyName, of [sha256.Size]byte, primitive tink.AEAD) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, gone := v.forgotten[name]; gone {
		return
	}
	v.drop(name)
	// A timer and no comparison with the clock: a key that nobody asks for again must leave memory too.
	var timer *time.Timer
	timer = time.AfterFunc(CacheLife, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.keys[name].until == timer {
			delete(v.keys, name)
		}
	})
	v.keys[name] = keyEntry{of: of, aead: primitive, until: timer}
}

// drop takes a key out of memory. The caller holds the lock.
func (v *Vault) drop(name keyName) {
	if e, ok := v.keys[name]; ok {
		e.until.Stop()
		delete(v.keys, name)
	}
}

// organisation returns the unwrapped keys of an organisation.
func (v *Vault) organisation(organisation string, wrapped []byte) (*organisationKeys, error) {
	if len(wrapped) == 0 {
		return nil, ErrDestroyed
	}
	of := sha256.Sum256(wrapped)
	v.mu.Lock()
	cached, ok := v.organisations[organisation]
	v.mu.Unlock()
	if ok && cached.of == of {
		return cached.keys, nil
	}
	if len(wrapped) < 3 || wrapped[0] != version {
		return nil, ErrWrapped
	}
	length := int(binary.BigEndian.Uint16(wrapped[1:3]))
	rest := wrapped[3:]
	if length > len(rest) {
		return nil, ErrWrapped
	}
	wrapping, err := unwrap(rest[:length], v.root, bound("organisation key", organisation))
	if err != nil {
		return nil, ErrWrapped
	}
	finger, err := unwrap(rest[length:], v.root, bound("fingerprint key", organisation))
	if err != nil {
		return nil, ErrWrapped
	}
	keys := &organisationKeys{}
	if keys.wrapping, err = aead.New(wrapping); err != nil {
		return nil, ErrWrapped
	}
	if keys.fingerprint, err = prf.NewPRFSet(finger); err != nil {
		return nil, ErrWrapped
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if old, ok := v.organisations[organisation]; ok {
		old.until.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(CacheLife, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.organisations[organisation].until == timer {
			delete(v.organisations, organisation)
		}
	})
	v.organisations[organisation] = organisationEntry{of: of, keys: keys, until: timer}
	return keys, nil
}

// wrap encrypts a keyset. Only the encrypted part is kept: Tink writes a description of the keys beside it in clear,
// which nothing authenticates.
func wrap(handle *keyset.Handle, under tink.AEAD, associatedData []byte) ([]byte, error) {
	var out keysetHolder
	if err := handle.WriteWithAssociatedData(&out, under, associatedData); err != nil {
		return nil, fmt.Errorf("vault: wrapping a key: %w", err)
	}
	return out.sealed.EncryptedKeyset, nil
}

// unwrap is the way back.
func unwrap(wrapped []byte, under tink.AEAD, associatedData []byte) (*keyset.Handle, error) {
	in := keysetHolder{&tinkpb.EncryptedKeyset{EncryptedKeyset: wrapped}}
	return keyset.ReadWithAssociatedData(&in, under, associatedData)
}

// keysetHolder hands Tink an encrypted keyset and takes one from it. It has no
// place for keys in clear.
type keysetHolder struct{ sealed *tinkpb.EncryptedKeyset }

var errInClear = errors.New("vault: keys are not kept in clear")

func (*keysetHolder) Write(*tinkpb.Keyset) error                        { return errInClear }
func (*keysetHolder) Read() (*tinkpb.Keyset, error)                     { return nil, errInClear }
func (h *keysetHolder) ReadEncrypted() (*tinkpb.EncryptedKeyset, error) { return h.sealed, nil }

func (h *keysetHolder) WriteEncrypted(k *tinkpb.EncryptedKeyset) error {
	h.sealed = k
	return nil
}

// placed is what sealed bytes are bound to.
func placed(organisation, keyID string, p Place) []byte {
	return bound("data", organisation, keyID, p.Table, p.Column, p.Row)
}

// bound joins what something is bound to, each part with its length before it, so that "a","bc" is not "ab","c".
func bound(what string, parts ...string) []byte {
	out := append([]byte("madoguchi vault"), version)
	for _, part := range append([]string{what}, parts...) {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}
