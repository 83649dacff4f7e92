package dataplane

import (
	"bytes"
	"strings"
)

// framing are the fields by which messages are told apart: those are the proxy's
// own, and policies do not change them.
var framing = map[string]bool{
	"content-length": true, "transfer-encoding": true, "connection": true, "upgrade": true,
}

// policyRequest is a request as policies see it.
func (h *messageHead) policyRequest() PolicyRequest {
	var r PolicyRequest
	first := true
	for line := range bytes.Lines(h.raw) {
		line = trimLine(line)
		if first {
			first = false
			method, rest, _ := strings.Cut(string(line), " ")
			target, version, _ := strings.Cut(rest, " ")
			r.Method, r.Target, r.Version = method, target, strings.TrimPrefix(version, "HTTP/")
			continue
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok {
			r.Fields = append(r.Fields, Field{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return r
}

// appendField adds a field behind the others.
func (h *messageHead) appendField(name, value string) {
	h.raw = append(h.raw[:len(h.withoutEnd())], name+": "+value+"\r\n\r\n"...)
}

// edit applies actions to the head, in order.
func (h *messageHead) edit(actions []Action) {
	for _, a := range actions {
		switch a.Kind {
		case ActionHTTPHeader:
			h.editField(a)
		case ActionHTTPHost:
			h.editField(Action{Verb: verbReplace, Name: "Host", Value: a.Value})
		case ActionHTTPCookie:
			h.editCookie(a)
		case ActionHTTPURI:
			h.editTarget(a)
		}
	}
}

func (h *messageHead) editField(a Action) {
	if a.Name == "" || framing[strings.ToLower(a.Name)] || strings.ContainsAny(a.Name, ": \t\r\n") {
		return
	}
	switch a.Verb {
	case verbRemove:
		h.removeField(a.Name)
	case verbReplace: // adds what is not there
		h.removeField(a.Name)
		h.appendField(a.Name, a.Value)
	case verbInsert: // a second field of the name stands beside the first
		h.appendField(a.Name, a.Value)
	}
}

// removeField removes each field of a name.
func (h *messageHead) removeField(name string) {
	kept, first := h.raw[:0], true // the first line is no field, whatever it looks like
	for line := range bytes.Lines(h.raw) {
		if field, _, ok := bytes.Cut(line, []byte(":")); ok && is(field, name) && !first {
			continue
		}
		first = false
		kept = append(kept, line...)
	}
	h.raw = kept
}

// editCookie sets or removes one cookie of a request.
func (h *messageHead) editCookie(a Action) {
	if a.Name == "" || strings.ContainsAny(a.Name, "=;, \t\r\n") {
		return
	}
	var kept []string
	for line := range bytes.Lines(h.raw) {
		field, value, ok := bytes.Cut(trimLine(line), []byte(":"))
		if !ok || !is(field, "Cookie") {
			continue
		}
		for pair := range strings.SplitSeq(string(value), ";") {
			pair = strings.TrimSpace(pair)
			if key, _, _ := strings.Cut(pair, "="); key != a.Name && pair != "" {
				kept = append(kept, pair)
			}
		}
	}
	if a.Verb != verbRemove {
		kept = append(kept, a.Name+"="+a.Value)
	}
	h.removeField("Cookie")
	if len(kept) > 0 {
		h.appendField("Cookie", strings.Join(kept, "; "))
	}
}

// editTarget replaces the target of a request, or its path or query.
func (h *messageHead) editTarget(a Action) {
	line, rest, _ := bytes.Cut(h.raw, []byte("\n"))
	method, after, _ := strings.Cut(strings.TrimSuffix(string(line), "\r"), " ")
	target, version, _ := strings.Cut(after, " ")
	path, query, hasQuery := strings.Cut(target, "?")
	switch {
	case a.Value != "":
		target = a.Value
	case a.Path != "":
		path = a.Path
		fallthrough
	default:
		if a.QueryString != "" {
			query, hasQuery = a.QueryString, true
		}
		target = path
		if hasQuery {
			target += "?" + query
		}
	}
	target = strings.ReplaceAll(target, " ", "%20")
	h.raw = append([]byte(method+" "+target+" "+version+"\r\n"), rest...)
}
