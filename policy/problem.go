package policy

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Problem is one thing wrong with a pack, with the place and the cure.
type Problem struct {
	File         string
	Line, Column int
	// Path is where in the document, as a JSON pointer ("/kinds/0/online").
	Path string
	// Rule is the rule of the floor that was broken (FloorRules), "" for another
	// mistake.
	Rule string
	// Message says what is wrong; Instead what to write. Article and Clause
	// name the floor that a pack went below.
	Message, Instead, Article, Clause string
}

// String is one line: file:line:column: message; instead.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	if p.Article != "" {
		fmt.Fprintf(&b, " (Art. %s", p.Article)
		if p.Clause != "" {
			fmt.Fprintf(&b, ", clause %s", p.Clause)
		}
		b.WriteByte(')')
	}
	if p.Instead != "" {
		b.WriteString("; " + p.Instead)
	}
	return b.String()
}

// Problems is every problem of a load, as one error.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted are the problems by place. Of a file with very many the first are told,
// and that there are more.
func (ps Problems) sorted() Problems {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	told := make(Problems, 0, len(ps))
	of := map[string]int{}
	for _, p := range ps {
		if of[p.File]++; of[p.File] <= maxProblems {
			told = append(told, p)
		}
	}
	for i := len(told) - 1; i >= 0; i-- {
		if of[told[i].File] > maxProblems {
			last := told[i]
			last.Rule, last.Article, last.Clause = "", "", ""
			last.Message, last.Instead = "and more problems from here on", "mend those above first"
			told = slices.Insert(told, i+1, last)
			delete(of, last.File)
		}
	}
	return told
}

// nearest is the candidate closest to what was written, "" if none is near.
func nearest(s string, candidates []string) string {
	// What is longer than any word of ours is near to none.
	if len(s) > 80 {
		return ""
	}
	best, bestD := "", len(s)/2+1
	for _, c := range candidates {
		if d := distance(s, c); d < bestD {
			best, bestD = c, d
		}
	}
	return best
}

// distance is the number of letters to change to make b out of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			prev, row[j] = row[j], min(row[j]+1, row[j-1]+1, prev+cost)
		}
	}
	return row[len(b)]
}
