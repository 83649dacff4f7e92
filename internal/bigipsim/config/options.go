package config

import "strings"

// optionsBody is the body of a modification that has ?options=: raw tmsh words
// that say what to do with lists, or a verb that JSON has no property for
// (icontrol-rest 2.2). Kinds without such a hook ignore the words.
func (c *Candidate) optionsBody(cmd Command, old *Object) (map[string]any, error) {
	hook := cmd.Type.hooks.tmsh
	if cmd.Options == "" || hook == nil {
		return cmd.Body, nil
	}
	words, ok := tmshWords(cmd.Options)
	if !ok {
		return nil, Usage("unbalanced quotes or braces in %q", cmd.Options)
	}
	given, err := hook(c, old, words)
	if err != nil {
		return nil, err
	}
	body := make(map[string]any, len(cmd.Body)+len(given))
	for name, value := range cmd.Body {
		body[name] = value
	}
	for name, value := range given {
		body[name] = value
	}
	return body, nil
}

// tmshWords parts a tmsh command line: words by blanks, braces for themselves,
// quotes around words with blanks, a backslash before a character that is meant
// literally. false: quotes or braces do not close.
func tmshWords(text string) ([]string, bool) {
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quoted bool
		depth  int
	)
	end := func() {
		if inWord {
			words = append(words, word.String())
			word.Reset()
			inWord = false
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
			inWord = true
		case c == '"':
			quoted, inWord = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == ' ' || c == '\t' || c == '\n':
			end()
		case c == '{' || c == '}':
			end()
			words = append(words, string(c))
			if depth += 1 - 2*int((c-'{')/2); depth < 0 {
				return nil, false
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	end()
	return words, !quoted && depth == 0
}
