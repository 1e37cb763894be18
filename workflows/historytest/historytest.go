// Package historytest says which code made a kept history. It is for the tests
// that record histories on a real server and for those that replay them.
package historytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// Digest is the digest of the Go code of a folder, hex: every sign of it but
// comments, white space and tests, so that only what can change a history
// changes the digest.
func Digest(folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return "", err
	}
	sum, count := sha256.New(), 0
	for _, name := range files { // Glob sorts
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		count++
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, filepath.Base(name))
		set := token.NewFileSet()
		var s scanner.Scanner
		s.Init(set.AddFile(name, set.Base(), len(text)), text, nil, 0)
		for {
			_, sign, literal := s.Scan()
			if sign == token.EOF {
				break
			}
			if sign == token.SEMICOLON {
				literal = ""
			}
			fmt.Fprintln(sum, sign, literal)
		}
	}
	if count == 0 {
		return "", fmt.Errorf("no Go code in %s", folder)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
