package dataplane

import (
	"bufio"
	"strings"
	"testing"
)

// Whatever a policy inserts, a request stays one request with the same body.
func FuzzEditsKeepTheFraming(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\n", "X-Color", "tcl:[HTTP::uri]\r\nEvil: 1")
	f.Add("POST http://a:80/b/c.d?e=f&g HTTP/1.0\nCookie: a=b; c\n\n", "Content-Length", "9")
	f.Add("GET /%zz?%zz=1 HTTP/1.1\r\nReferer: ://\r\nTransfer-Encoding: chunked\r\n\r\n", "a b", " ")
	f.Add("0\x92: 0 HTTP/1.0\n\n", "0\xc1", "0")
	f.Add("Host: x HTTP/1.1\n\n", "Host", "y")
	f.Fuzz(func(t *testing.T, head, name, value string) {
		var before messageHead
		if err := before.readRequest(bufio.NewReader(strings.NewReader(head))); err != nil {
			return // no request
		}
		rule := PolicyRule{}
		for _, selector := range []string{"", "host", "port", "path", "pathSegment", "extension", "queryString", "queryParameter", "scheme"} {
			for _, operand := range []string{"httpHost", "httpUri", "httpReferer", "httpHeader", "httpCookie"} {
				rule.Conditions = append(rule.Conditions, Condition{Operand: operand, Selector: selector, Name: name, Values: []string{value}, Index: len(name) - 3})
			}
		}
		r := before.policyRequest()
		for _, c := range rule.Conditions {
			_ = c.matches(r)
		}
		var edits []Action
		for _, kind := range []string{ActionHTTPHeader, ActionHTTPCookie, ActionHTTPHost, ActionHTTPURI} {
			for _, verb := range []string{verbInsert, verbReplace, verbRemove} {
				edits = append(edits, Action{Kind: kind, Verb: verb, Name: name, Value: value, Path: value, QueryString: value})
			}
		}
		edited := before
		edited.raw = append([]byte(nil), before.raw...)
		edited.edit(Evaluate([]*Policy{{Rules: []PolicyRule{{Actions: edits}}}}, r).Request)
		var after messageHead
		if err := after.readRequest(bufio.NewReader(strings.NewReader(string(edited.raw)))); err != nil {
			t.Fatalf("%q became %q: %v", head, edited.raw, err)
		}
		if len(after.raw) != len(edited.raw) || after.contentLength != before.contentLength || after.chunked != before.chunked || after.close != before.close {
			t.Fatalf("%q became %q", head, edited.raw)
		}
	})
}
