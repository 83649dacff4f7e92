package dataplane

import (
	"fmt"
	"strconv"
	"strings"
)

// IRule is an iRule of which each command is in the subset that is simulated
// (icontrol-rest 3.8):
//
//	when HTTP_REQUEST { … }
//	when LB_FAILED { … }      no member, or none that takes the connection
//	if { [info exists name] } { … }
//	set name value            value: word, "text with $name", {as it stands}
//	unset name
//	HTTP::respond status [content value] [noserver]
//	# comment
//
// There is no Tcl beyond that. Variables belong to the client's connection, and
// policies, which are evaluated before iRules, set them too. What is an error in Tcl,
// a variable that is not there or a second response, resets the connection.
type IRule struct {
	// Name is the full path, for information.
	Name   string
	events map[ruleEvent][]ruleCommand
}

// ruleEvent is what iRules run at.
type ruleEvent string

const (
	eventRequest ruleEvent = "HTTP_REQUEST"
	eventFailed  ruleEvent = "LB_FAILED"
)

// ruleCommand is one command: what it does to a run.
type ruleCommand func(*ruleRun) error

// ruleRun is what iRules do for one request.
type ruleRun struct {
	variables map[string]string // of the connection
	reply     *Reply
}

// Reply is an answer that the device gives itself, whole.
type Reply struct {
	Code     int
	Content  string
	NoServer bool // the device does not name itself
}

// ParseIRule reads an iRule. false: it has something that is not simulated, and so all
// of it has no effect here.
func ParseIRule(name, text string) (*IRule, bool) {
	r := &IRule{Name: name, events: map[ruleEvent][]ruleCommand{}}
	events, ok := tclCommands(text)
	for _, words := range events {
		if !ok || len(words) != 3 || words[0].text != "when" || words[2].kind != bracedWord {
			return nil, false
		}
		event := ruleEvent(words[1].text)
		if event != eventRequest && event != eventFailed {
			return nil, false
		}
		var commands []ruleCommand
		if commands, ok = parseBody(words[2].text); !ok {
			return nil, false
		}
		r.events[event] = append(r.events[event], commands...)
	}
	return r, ok
}

func parseBody(text string) ([]ruleCommand, bool) {
	list, ok := tclCommands(text)
	if !ok {
		return nil, false
	}
	commands := make([]ruleCommand, 0, len(list))
	for _, words := range list {
		command, ok := parseCommand(words)
		if !ok {
			return nil, false
		}
		commands = append(commands, command)
	}
	return commands, true
}

func parseCommand(words []tclWord) (ruleCommand, bool) {
	arguments := words[1:]
	switch name := words[0].text; {
	case words[0].kind != bareWord:
		return nil, false
	case name == "if" && len(arguments) == 2:
		return parseIf(arguments[0], arguments[1])
	case name == "set" && len(arguments) == 2:
		return parseSet(arguments[0], arguments[1])
	case name == "unset" && len(arguments) == 1 && isName(arguments[0].text):
		variable := arguments[0].text
		return func(r *ruleRun) error {
			if _, found := r.variables[variable]; !found {
				return fmt.Errorf("can't unset %q: no such variable", variable)
			}
			delete(r.variables, variable)
			return nil
		}, true
	case name == "HTTP::respond" && len(arguments) > 0:
		return parseRespond(arguments)
	}
	return nil, false
}

func parseIf(condition, body tclWord) (ruleCommand, bool) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(condition.text), "[")
	inner, closed := strings.CutSuffix(inner, "]")
	words := strings.Fields(inner)
	if !ok || !closed || condition.kind != bracedWord || body.kind != bracedWord || len(words) != 3 ||
		words[0] != "info" || words[1] != "exists" || !isName(words[2]) {
		return nil, false
	}
	commands, ok := parseBody(body.text)
	return func(r *ruleRun) error {
		if _, found := r.variables[words[2]]; !found {
			return nil
		}
		return r.do(commands)
	}, ok
}

func parseSet(variable, value tclWord) (ruleCommand, bool) {
	parts, ok := value.parts()
	return func(r *ruleRun) (err error) {
		r.variables[variable.text], err = r.expand(parts)
		return err
	}, ok && isName(variable.text)
}

func parseRespond(arguments []tclWord) (ruleCommand, bool) {
	status, ok := arguments[0].parts()
	if !ok {
		return nil, false
	}
	var content []tclPart
	noServer := false
	for rest := arguments[1:]; len(rest) > 0; {
		switch {
		case rest[0].text == "content" && len(rest) > 1:
			if content, ok = rest[1].parts(); !ok {
				return nil, false
			}
			rest = rest[2:]
		case rest[0].text == "noserver":
			noServer, rest = true, rest[1:]
		default:
			return nil, false // fields, versions
		}
	}
	return func(r *ruleRun) error { return r.respond(status, content, noServer) }, true
}

func (r *ruleRun) respond(status, content []tclPart, noServer bool) error {
	code, err := r.expand(status)
	if err != nil {
		return err
	}
	text, err := r.expand(content)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(code)
	switch {
	case err != nil || number < 100 || number > 999:
		return fmt.Errorf("HTTP::respond: %q is no status", code)
	case r.reply != nil:
		return fmt.Errorf("HTTP::respond: multiple redirect/respond invocations")
	}
	r.reply = &Reply{Code: number, Content: text, NoServer: noServer}
	return nil
}

func (r *ruleRun) do(commands []ruleCommand) error {
	for _, command := range commands {
		if err := command(r); err != nil {
			return err
		}
	}
	return nil
}

// expand puts the values of variables in.
func (r *ruleRun) expand(parts []tclPart) (string, error) {
	var text strings.Builder
	for _, part := range parts {
		if !part.variable {
			text.WriteString(part.text)
			continue
		}
		value, found := r.variables[part.text]
		if !found {
			return "", fmt.Errorf("can't read %q: no such variable", part.text)
		}
		text.WriteString(value)
	}
	return text.String(), nil
}

// runRules runs iRules at an event, in their order.
func runRules(rules []*IRule, event ruleEvent, variables map[string]string) (*Reply, error) {
	r := &ruleRun{variables: variables}
	for _, rule := range rules {
		if err := r.do(rule.events[event]); err != nil {
			return nil, fmt.Errorf("%s: %w", rule.Name, err)
		}
	}
	return r.reply, nil
}
