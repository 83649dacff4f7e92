package config

import (
	"slices"
	"strconv"
	"strings"
)

// MonitorRule is what the property "monitor" of a pool, member or node says.
type MonitorRule struct {
	Paths   []string
	AtLeast int // 0: all must be up
}

// ParseMonitorRule reads the canonical form, as it is kept in an Object.
// "default" and "" give an empty rule.
func ParseMonitorRule(rule string) MonitorRule {
	if rule == "default" { // nearly all members
		return MonitorRule{}
	}
	words := strings.Fields(rule)
	if len(words) > 3 && words[0] == "min" {
		n, _ := strconv.Atoi(words[1])
		return MonitorRule{Paths: words[4 : len(words)-1], AtLeast: n}
	}
	var paths []string
	for _, word := range words {
		if word != "and" && word != "default" && word != "/Common/none" && word != "none" {
			paths = append(paths, word)
		}
	}
	return MonitorRule{Paths: paths}
}

// monitorRule brings a rule into canonical form: "a and b", "min 1 of { a b }".
// Writing the form with braces fails, as on the device (ID645289), although
// reading gives it; an empty value and "none" unset it.
func (f *Field) monitorRule(text string) (any, error) {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) == 1 && words[0] == "none" {
		return nil, nil
	}
	if words[0] == "min" {
		return f.minimumRule(text, words)
	}
	var paths []string
	for i, word := range words {
		if (word == "and") != (i%2 == 1) {
			return nil, invalidValue(f.Name, text)
		}
		if i%2 == 0 {
			paths = append(paths, inCommon(word))
		}
	}
	if len(words)%2 == 0 || strings.ContainsAny(text, "{}") {
		return nil, invalidValue(f.Name, text)
	}
	return strings.Join(paths, " and "), nil
}

func (f *Field) minimumRule(text string, words []string) (any, error) {
	if len(words) < 4 || words[2] != "of" || strings.ContainsAny(text, "{}") {
		return nil, invalidValue(f.Name, text)
	}
	n, err := strconv.Atoi(words[1])
	paths := slices.DeleteFunc(slices.Clone(words[3:]), func(word string) bool { return word == "and" })
	if err != nil || n < 1 || n > len(paths) {
		return nil, invalidValue(f.Name, text)
	}
	for i := range paths {
		paths[i] = inCommon(paths[i])
	}
	return "min " + words[1] + " of { " + strings.Join(paths, " ") + " }", nil
}

// inCommon completes a monitor's bare name; "default" is no name.
func inCommon(name string) string {
	if name == "default" || strings.HasPrefix(name, "/") {
		return name
	}
	return "/Common/" + name
}

// checkMonitorTimes refuses an interval that is not shorter than the timeout.
func checkMonitorTimes(c *Candidate, o *Object) error {
	interval, _ := c.Value(o, "interval").(int64)
	timeout, _ := c.Value(o, "timeout").(int64)
	if o.Type.fields["timeout"] == nil || interval == 0 || interval < timeout {
		return nil
	}
	return badRequest("01070734:3: Configuration error: Monitor %s: interval (%d) must be less than timeout (%d)", o.Path, interval, timeout)
}
