package driver

import (
	"strings"

	"golang.org/x/net/html"
)

// walk visits every element below n and n itself, in the order of the page.
func walk(n *html.Node, visit func(*html.Node)) {
	if n == nil {
		return
	}
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

// find1 is the first element that fits, nil without one.
func find1(n *html.Node, fits func(*html.Node) bool) *html.Node {
	if n == nil {
		return nil
	}
	if n.Type == html.ElementNode && fits(n) {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := find1(c, fits); f != nil {
			return f
		}
	}
	return nil
}

// best is the first element that fits and says exactly the text; without one
// the first that begins with it; without one the first that has it.
func best(root *html.Node, text string, fits func(*html.Node) bool) *html.Node {
	text = squeeze(text)
	if text == "" {
		return nil
	}
	var found [3]*html.Node
	walk(root, func(n *html.Node) {
		if !fits(n) {
			return
		}
		says := textOf(n)
		rank := -1
		switch {
		case says == text:
			rank = 0
		case strings.HasPrefix(says, text):
			rank = 1
		case strings.Contains(says, text):
			rank = 2
		}
		if rank >= 0 && found[rank] == nil {
			found[rank] = n
		}
	})
	for _, n := range found {
		if n != nil {
			return n
		}
	}
	return nil
}

// textOf is what a person reads in an element: words with single spaces, without
// the readings above them.
func textOf(n *html.Node) string {
	var b strings.Builder
	var read func(*html.Node)
	read = func(n *html.Node) {
		if n == nil {
			return
		}
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
			return
		case n.Type == html.ElementNode:
			switch n.Data {
			case "rt", "rp", "script", "style", "head":
				return
			case "p", "li", "dt", "dd", "td", "th", "h1", "h2", "h3", "div", "br", "label", "legend", "summary", "tr", "option", "button", "section", "form", "ul", "ol", "textarea", "time":
				b.WriteByte(' ')
				defer b.WriteByte(' ')
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			read(c)
		}
	}
	read(n)
	return squeeze(b.String())
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func valueOf(n *html.Node) string {
	switch n.Data {
	case "textarea":
		var b strings.Builder
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			b.WriteString(c.Data)
		}
		return b.String()
	case "select":
		first := find1(n, func(o *html.Node) bool { return o.Data == "option" })
		if o := find1(n, func(o *html.Node) bool { return o.Data == "option" && hasAttr(o, "selected") }); o != nil {
			first = o
		}
		if first == nil {
			return ""
		}
		return attr(first, "value")
	}
	if isTick(n) && !hasAttr(n, "value") {
		return "on"
	}
	return attr(n, "value")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func setAttr(n *html.Node, name, value string) {
	dropAttr(n, name)
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

func dropAttr(n *html.Node, name string) {
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		if a.Key != name {
			kept = append(kept, a)
		}
	}
	n.Attr = kept
}
