package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestThePicturesInTheDocsAreTheOnesDrawnHere(t *testing.T) {
	for name, want := range cards() {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "samples", name))
		if err != nil {
			t.Fatalf("%v: run go run ./internal/sample/cards", err)
		}
		// The pixels, for another release of Go may pack them differently.
		a, err := png.Decode(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		b, err := png.Decode(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		if a.Bounds() != b.Bounds() {
			t.Fatalf("%s has another size", name)
		}
		for y := range height {
			for x := range width {
				if a.At(x, y) != b.At(x, y) {
					t.Fatalf("%s differs: run go run ./internal/sample/cards", name)
				}
			}
		}
		if len(got) > 1<<20 {
			t.Errorf("%s has %d bytes", name, len(got))
		}
	}
}
