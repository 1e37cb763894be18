package main

import (
	"fmt"

	"madoguchi/internal/evidence"
	"madoguchi/internal/vault"
)

// keysCmd makes the two key files that production names in ROOT_KEY_FILE and
// SIGNING_KEY_FILE.
type keysCmd struct {
	Root    string `required:"" help:"Where the root key goes: a new file outside DATA_DIR." type:"path"`
	Signing string `required:"" help:"Where the signing key goes; its public half is written beside it." type:"path"`
}

// Run makes what is not there and never overwrites a key: a lost root key is
// lost data.
func (cmd keysCmd) Run(s *surroundings) error {
	if _, err := vault.LoadOrCreateRoot(cmd.Root); err != nil {
		return fmt.Errorf("the root key: %w", err)
	}
	signer, err := evidence.LoadOrCreateSigner(cmd.Signing)
	if err != nil {
		return fmt.Errorf("the signing key: %w", err)
	}
	fmt.Fprintf(s.out, "ROOT_KEY_FILE=%s\nSIGNING_KEY_FILE=%s (public half: %s.pub, key %s)\n", cmd.Root, cmd.Signing, cmd.Signing, evidence.KeyID(signer.Public()))
	fmt.Fprintln(s.out, "Keep a copy of the root key apart from the data: without it nothing that was sealed can be read.")
	return nil
}
