// Testcount reads the output of `go test -json` and prints what a person wants
// to see of it: one line for each package, the whole output of what failed, and
// every line that contains "counts: ", with which checks say how much they
// looked at. It exits with 1 when anything failed. A skipped test counts as
// failed: it proves nothing.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	totals := flag.String("totals", "", "append \"passed failed\" to this `file`")
	flag.Parse()
	passed, failed := count(os.Stdin, os.Stdout)
	if *totals != "" {
		f, err := os.OpenFile(*totals, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(f, passed, failed)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "testcount:", err)
			os.Exit(1)
		}
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// event is one line of test2json; see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build output
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// count copies what matters from in to out and returns how many tests, with
// subtests, passed and failed. A package that fails without a failed test, by a
// build or a panic, counts as one. Input without any package is one failure.
func count(in io.Reader, out io.Writer) (passed, failed int) {
	output := map[string]*strings.Builder{} // by package and test
	broken := map[string]int{}              // failed tests by package
	good := map[string]int{}
	packages := 0
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil || e.Action == "":
			fmt.Fprint(out, line) // go's own complaints are not JSON
		default:
			key := e.Package + " " + e.Test
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			switch e.Action {
			case "output":
				output[key].WriteString(e.Output)
				if strings.Contains(e.Output, "counts: ") {
					fmt.Fprintln(out, "      "+strings.TrimSpace(e.Output))
				}
			case "build-output":
				fmt.Fprint(out, e.Output)
			case "pass", "fail", "skip":
				if e.Test != "" {
					if e.Action == "pass" {
						passed++
						good[e.Package]++
					} else {
						failed++
						broken[e.Package]++
						fmt.Fprintf(out, "--- %s %s %s\n%s", e.Action, e.Package, e.Test, output[key])
					}
					delete(output, key)
					break
				}
				packages++
				switch {
				case e.Action == "fail" && broken[e.Package] == 0:
					failed++
					// A panic or a time-out: what the running tests had said
					// so far is all there is.
					fmt.Fprintf(out, "--- fail %s\n%s", e.Package, output[key])
					for k, o := range output {
						if k != key && strings.HasPrefix(k, e.Package+" ") {
							fmt.Fprint(out, o)
						}
					}
					fallthrough
				case e.Action == "fail":
					fmt.Fprintf(out, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
				case good[e.Package] > 0:
					fmt.Fprintf(out, "ok    %s  %.1fs  %d\n", e.Package, e.Elapsed, good[e.Package])
				}
				delete(output, key)
			}
		}
		if err != nil {
			break
		}
	}
	if packages == 0 {
		fmt.Fprintln(out, "no package was tested")
		failed++
	}
	return passed, failed
}
