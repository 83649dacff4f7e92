package dataplane

import "strings"

// Tcl as far as iRules are simulated: commands of words, and variables within words.

// wordKind says how a word is written.
type wordKind int

const (
	bareWord   wordKind = iota // word
	quotedWord                 // "a word with $variables"
	bracedWord                 // {as it stands}
)

type tclWord struct {
	kind wordKind
	text string // without quotes and braces
}

// tclPart is a part of a word: a text, or the name of a variable.
type tclPart struct {
	variable bool
	text     string
}

// tclCommands parts a text into commands and those into words. false: braces or quotes
// do not close, or a word goes on behind them.
func tclCommands(text string) ([][]tclWord, bool) {
	var commands [][]tclWord
	var words []tclWord
	end := func() {
		if len(words) > 0 {
			commands = append(commands, words)
			words = nil
		}
	}
	for at := 0; at < len(text); {
		switch c := text[at]; {
		case c == '\n' || c == ';':
			end()
			at++
		case c == ' ' || c == '\t' || c == '\r':
			at++
		case c == '#' && len(words) == 0:
			line, _, _ := strings.Cut(text[at:], "\n")
			at += len(line)
		default:
			word, length := tclWordAt(text[at:])
			if length == 0 {
				return nil, false
			}
			words = append(words, word)
			at += length
		}
	}
	end()
	return commands, true
}

// tclWordAt is the word that a text begins with; length 0: it does not end.
func tclWordAt(text string) (word tclWord, length int) {
	switch text[0] {
	case '{':
		length = closing(text)
		word.kind = bracedWord
	case '"':
		length = quoteEnd(text)
		word.kind = quotedWord
	default:
		length = strings.IndexAny(text, " \t\r\n;")
		if length < 0 {
			length = len(text)
		}
		return tclWord{bareWord, text[:length]}, length
	}
	if length == 0 || length < len(text) && !strings.ContainsRune(" \t\r\n;", rune(text[length])) {
		return word, 0
	}
	word.text = text[1 : length-1]
	return word, length
}

// closing is behind the brace that closes the first one; 0 for none.
func closing(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

func quoteEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// escapes are the characters that a backslash stands before, outside of braces.
var escapes = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", '"': `"`, '\\': `\`, '$': "$", '[': "[", ']': "]", '{': "{", '}': "}"}

// parts are those of a word. false: it has a command, or a variable with another form
// of name than $name.
func (w tclWord) parts() ([]tclPart, bool) {
	if w.kind == bracedWord {
		return []tclPart{{text: w.text}}, true
	}
	var parts []tclPart
	text := ""
	for i := 0; i < len(w.text); i++ {
		switch w.text[i] {
		case '\\':
			i++
			if i == len(w.text) || escapes[w.text[i]] == "" {
				return nil, false
			}
			text += escapes[w.text[i]]
		case '[', ']', '{', '}':
			return nil, false
		case '$':
			name := leadingName(w.text[i+1:])
			if rest := w.text[i+1+len(name):]; name == "" || strings.HasPrefix(rest, "::") || strings.HasPrefix(rest, "(") {
				return nil, false
			}
			parts = append(parts, tclPart{text: text}, tclPart{variable: true, text: name})
			text = ""
			i += len(name)
		default:
			text += w.text[i : i+1]
		}
	}
	return append(parts, tclPart{text: text}), true
}

func isName(text string) bool { return text != "" && leadingName(text) == text }

func leadingName(text string) string {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return text[:i]
		}
	}
	return text
}
