package main

import (
	"errors"
	"os"
	"time"
)

// errOrphan says that the parent was gone before this process could watch it.
var errOrphan = errors.New("the parent process has already ended")

// dieWithParent makes this process end when the one that started it ends, also
// by kill -9: an orphan would hold the port and the file against its successor.
// The kernel's signal is immediate where there is one; the watch on the
// parent's ID covers the moment before it is armed and systems without it.
func dieWithParent() error {
	parent := os.Getppid()
	if err := armParentDeath(); err != nil {
		return err
	}
	if parent == 1 || os.Getppid() != parent {
		return errOrphan
	}
	go func() {
		for range time.Tick(250 * time.Millisecond) {
			if os.Getppid() != parent {
				os.Exit(exitFailed)
			}
		}
	}()
	return nil
}
