package policy

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// checkTexts finds every text of a file (a mapping whose keys are voices) and
// says which voice is missing. A reason is read in letters, a question and
// its evidence by staff; everything else may be seen by a customer and needs
// all five voices, or a fallback that the file declares.
func checkTexts(t *tree, fallbacks map[string]string) Problems {
	var ps Problems
	var walk func(v any, pointer string)
	walk = func(v any, pointer string) {
		switch v := v.(type) {
		case []any:
			for i, x := range v {
				walk(x, pointer+"/"+strconv.Itoa(i))
			}
		case map[string]any:
			if !isText(v) || pointer == "/fallbacks" {
				keys := make([]string, 0, len(v))
				for k := range v {
					keys = append(keys, k)
				}
				sort.Strings(keys)
				for _, k := range keys {
					walk(v[k], pointer+"/"+escape(k))
				}
				return
			}
			for _, voice := range wanted(pointer) {
				if _, ok := v[voice]; ok {
					continue
				}
				if f := fallbacks[voice]; f != "" {
					if _, ok := v[f]; ok {
						continue
					}
				}
				ps = append(ps, t.problem(pointer, fmt.Sprintf("%s has no text in %q", strings.TrimPrefix(strings.ReplaceAll(pointer, "/", "."), "."), voice), "write it, or declare a voice that stands in under \"fallbacks\""))
			}
		}
	}
	walk(t.root, "")
	return ps
}

// wanted are the voices that a text must have, by who reads it.
func wanted(pointer string) []string {
	switch pointer[strings.LastIndexByte(pointer, '/')+1:] {
	case "question", "evidence":
		return []string{"ja", "en"}
	case "reason":
		return LetterVoices
	}
	if strings.HasPrefix(pointer, "/texts/letter.") { // of a law
		return LetterVoices
	}
	return PageVoices
}

func isText(m map[string]any) bool {
	for k := range m {
		if !has(PageVoices, k) {
			return false
		}
	}
	return len(m) > 0
}
