package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault spoils matching requests. Rules are tried in their order; the first that
// matches and is not used up wins.
type Fault struct {
	// Preset is the name of a fault that is known already (preset.go).
	Preset string `json:"preset,omitempty"`
	// Method is the HTTP method, or several: "POST|PATCH"; "" matches any.
	Method string `json:"method,omitempty"`
	// Path is a regular expression, searched for in the path as it was sent, with
	// its query; "" matches any.
	Path string `json:"path,omitempty"`
	// Object is a kind of object as its URL below /mgmt/tm has it: "ltm/pool" with
	// its subcollections, "ltm/pool/members" for these alone. With Path both must
	// match.
	Object string `json:"object,omitempty"`
	// Status and Body replace the answer; Status 0 leaves it as it is.
	Status int `json:"status,omitempty"`
	// Body is sent with Status. "{path}" in it stands for the request's path below
	// /mgmt, "{user}" for the user name of a login.
	Body string `json:"body,omitempty"`
	// ContentType of Body; "" is application/json.
	ContentType string `json:"content_type,omitempty"`
	// Delay, a Go duration ("1.5s"), passes before anything else happens.
	Delay string `json:"delay,omitempty"`
	// Count is how many requests the fault hits; 0 is every one.
	Count int `json:"count,omitempty"`
	// Skip lets the first n matching requests pass.
	Skip int `json:"skip,omitempty"`
	// For is how long the fault lasts from the moment it is set, a Go duration; ""
	// is until the faults are replaced.
	For string `json:"for,omitempty"`
	// CommitThenDrop does what was asked and closes the connection without an
	// answer.
	CommitThenDrop bool `json:"commit_then_drop,omitempty"`
	// Drop closes the connection without doing anything.
	Drop bool `json:"drop,omitempty"`
	// Reset is Drop with a RST instead of a FIN.
	Reset bool `json:"reset,omitempty"`
	// ExpireToken makes the token of the request expire before the device looks at
	// it. Only requests with a token match.
	ExpireToken bool `json:"expire_token,omitempty"`
}

// rule is a Fault made ready, with its counters.
type rule struct {
	Fault
	methods []string // nil: any
	path    *regexp.Regexp
	object  *regexp.Regexp
	delay   time.Duration
	ends    time.Time // zero: never
	seen    int
	used    int
}

func (f Fault) compile(now time.Time) (*rule, error) {
	f, err := f.expand()
	if err != nil {
		return nil, err
	}
	r := &rule{Fault: f, object: objectPattern(f.Object)}
	if f.Method != "" {
		r.methods = strings.Split(f.Method, "|")
	}
	if r.path, err = regexp.Compile(f.Path); err != nil {
		return nil, fmt.Errorf("path %q is not a regular expression: %w", f.Path, err)
	}
	if r.delay, err = duration("delay", f.Delay); err != nil {
		return nil, err
	}
	lasts, err := duration("for", f.For)
	if err != nil {
		return nil, err
	}
	if f.For != "" {
		r.ends = now.Add(lasts)
	}
	return r, f.check()
}

// check refuses what makes no sense.
func (f Fault) check() error {
	ways := 0
	for _, way := range []bool{f.CommitThenDrop, f.Drop, f.Reset, f.ExpireToken} {
		if way {
			ways++
		}
	}
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d is not between 200 and 599", f.Status)
	case f.Count < 0 || f.Skip < 0:
		return fmt.Errorf("count and skip cannot be negative")
	case ways == 0 && f.Status == 0 && f.Delay == "":
		return fmt.Errorf("a fault needs status, delay, drop or commit_then_drop, reset, expire_token, or a preset")
	case ways > 1:
		return fmt.Errorf("drop, reset, commit_then_drop and expire_token exclude each other")
	}
	return nil
}

func duration(field, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s %q is not a duration such as \"1.5s\"", field, text)
	}
	return d, nil
}

// objectPattern matches the URLs of a kind: "ltm/pool/members" is found in
// /mgmt/tm/ltm/pool/~shop~web/members too.
func objectPattern(object string) *regexp.Regexp {
	segments := strings.Split(strings.Trim(object, "/"), "/")
	for i, segment := range segments {
		segments[i] = regexp.QuoteMeta(segment)
	}
	pattern := strings.Join(segments, "/")
	if last := len(segments) - 1; last >= 2 {
		pattern = strings.Join(segments[:last], "/") + "(/[^/?]+)?/" + segments[last]
	}
	if object == "" {
		return regexp.MustCompile("")
	}
	return regexp.MustCompile("^/mgmt/tm/" + pattern + "([/?]|$)")
}

// matches says whether a request is of the sort that the fault is meant for.
func (r *rule) matches(request *http.Request, now time.Time) bool {
	switch {
	case !r.ends.IsZero() && !now.Before(r.ends):
		return false
	case r.methods != nil && !slices.Contains(r.methods, request.Method):
		return false
	case r.ExpireToken && request.Header.Get(tokenHeader) == "":
		return false
	}
	return r.path.MatchString(request.RequestURI) && r.object.MatchString(request.RequestURI)
}

// faults is the list in force.
type faults struct {
	mu    sync.Mutex
	rules []*rule
}

func (f *faults) set(list []Fault, now time.Time) error {
	rules := make([]*rule, 0, len(list))
	for i, fault := range list {
		r, err := fault.compile(now)
		if err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		rules = append(rules, r)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = rules
	return nil
}

// hit is the rule that a request falls under, nil if none.
func (f *faults) hit(r *http.Request, now time.Time) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if !rule.matches(r, now) || rule.Count > 0 && rule.used >= rule.Count {
			continue
		}
		if rule.seen++; rule.seen <= rule.Skip {
			continue
		}
		rule.used++
		return rule
	}
	return nil
}

// decodeFaults reads PUT /faults; a single object is taken as a list of one.
func decodeFaults(text []byte) ([]Fault, error) {
	var list []Fault
	if err := strict(text, &list); err == nil {
		return list, nil
	}
	var one Fault
	if err := strict(text, &one); err != nil {
		var probe any
		if json.Unmarshal(text, &probe) != nil {
			return nil, fmt.Errorf("the body is not JSON: %w", err)
		}
		if _, isList := probe.([]any); isList {
			err = strict(text, &list)
		}
		return nil, fmt.Errorf("the body is not a list of faults: %w", err)
	}
	return []Fault{one}, nil
}
