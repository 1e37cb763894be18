// Command generate writes the holiday sets of packs/calendars, and the calendars
// that rest on nothing else. Running it again gives the same bytes.
//
// Japan comes from the npm package @holiday-jp/holiday_jp:
//
//	npm pack @holiday-jp/holiday_jp@2.5.1     # outside the repository
//	tar xzf holiday-jp-holiday_jp-2.5.1.tgz
//	go run ./packs/calendars/generate japan -package package -read 2026-11-22 \
//	    -official 2027 -out packs/calendars/holidays-jp.yaml
//
// All others come from sets.yaml beside this file, which holds their statutes'
// rules, the lists that were read, and the address of each:
//
//	go run ./packs/calendars/generate sets -in packs/calendars/generate/sets.yaml -out packs/calendars
//
// A second source is compared day by day. It is a text with a date at the beginning
// of each line; only weekdays are compared, because sources differ in whether they
// list a holiday on a weekend:
//
//	go run ./packs/calendars/generate compare -set de,de-by -with dates.txt
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run carries out one subcommand.
func run(args []string) error {
	if len(args) == 0 {
		return errors.New("write japan, sets or compare")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	in := flags.String("in", "packs/calendars/generate/sets.yaml", "rules and lists to read")
	switch args[0] {
	case "japan":
		j := japan{}
		flags.StringVar(&j.dir, "package", "package", "folder of the unpacked npm package")
		flags.StringVar(&j.read, "read", "", "day on which the package was fetched, like 2026-11-22")
		flags.IntVar(&j.official, "official", 0, "last year whose equinoxes the gazette has fixed")
		flags.IntVar(&j.first, "first", 1970, "first year")
		flags.IntVar(&j.last, "last", 2050, "last year")
		flags.StringVar(&j.out, "out", "holidays-jp.yaml", "file to write")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return j.write()
	case "sets":
		out := flags.String("out", "packs/calendars", "folder to write into")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		sets, err := load(*in)
		if err != nil {
			return err
		}
		return writeSets(sets, *out)
	case "compare":
		ids := flags.String("set", "", "sets to compare, joined by commas")
		with := flags.String("with", "", "text with a date at the beginning of each line")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		sets, err := load(*in)
		if err != nil {
			return err
		}
		return compare(os.Stdout, sets, *ids, *with)
	}
	return fmt.Errorf("%q is not japan, sets or compare", args[0])
}
