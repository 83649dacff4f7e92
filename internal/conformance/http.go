package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	managementRoot    = "/mgmt/tm"
	tokenHeader       = "X-F5-Auth-Token" //nolint:gosec // a header, no credential
	transactionHeader = "X-F5-REST-Coordination-Id"
)

// Object is a JSON object; numbers are [json.Number].
type Object = map[string]any

// session is one user's way to the device.
type session struct {
	url    string
	client *http.Client
	header http.Header
}

// with is the same session with one more header.
func (s session) with(name, value string) session {
	s.header = s.header.Clone()
	if s.header == nil {
		s.header = http.Header{}
	}
	s.header.Set(name, value)
	return s
}

func (s session) withToken(token string) session { return s.with(tokenHeader, token) }

// Answer is what a device said.
type Answer struct {
	Request string // method and path
	Status  int
	Header  http.Header
	Text    string
	Body    Object // nil if it is no JSON object
}

// String shows an answer in a failure. Tokens are not shown.
func (a Answer) String() string {
	text := a.Text
	if len(text) > 400 {
		text = text[:400] + "…"
	}
	if strings.Contains(a.Request, "/authn/") || strings.Contains(a.Request, "/authz/") {
		text = fmt.Sprint(a.Body["message"])
	}
	return fmt.Sprintf("%s: HTTP %d %s", a.Request, a.Status, text)
}

// send sends a request. A path that does not begin with /mgmt is below /mgmt/tm;
// $P in path and body stands for the partition.
func (s session) send(ctx context.Context, method, path, body string) (Answer, error) {
	path = inPartition(path)
	if !strings.HasPrefix(path, "/mgmt/") {
		path = managementRoot + path
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(inPartition(body)))
	if err != nil {
		return Answer{}, err
	}
	if s.header != nil {
		r.Header = s.header.Clone()
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Request: method + " " + shown(path), Status: response.StatusCode, Header: response.Header, Text: string(text)}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&a.Body) != nil {
		a.Body = nil
	}
	return a, nil
}

// shown is a path without a token in it.
func shown(path string) string {
	const tokens = "/mgmt/shared/authz/tokens/" //nolint:gosec // a path, no credential
	if strings.HasPrefix(path, tokens) {
		return tokens + "…"
	}
	return path
}

// quote is a string as JSON.
func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}

// at follows keys and indexes into a JSON value; nil where there is nothing.
func at(value any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := value.(Object)
			value = object[s]
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil
			}
			value = list[s]
		}
	}
	return value
}

// list is a JSON value as a list; nil if it is none, or absent.
func list(value any) []any {
	items, _ := value.([]any)
	return items
}
