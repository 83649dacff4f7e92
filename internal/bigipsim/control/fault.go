package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Fault spoils matching requests. Rules are tried in their order; the first that
// matches and is not used up wins.
type Fault struct {
	// Method is the HTTP method; "" matches any.
	Method string `json:"method,omitempty"`
	// Path is a regular expression, searched for in the path as it was sent, with
	// its query; "" matches any.
	Path string `json:"path,omitempty"`
	// Status and Body replace the answer; Status 0 leaves it as it is.
	Status int `json:"status,omitempty"`
	// Body is sent with Status.
	Body string `json:"body,omitempty"`
	// ContentType of Body; "" is application/json.
	ContentType string `json:"content_type,omitempty"`
	// Delay, a Go duration ("1.5s"), passes before anything else happens.
	Delay string `json:"delay,omitempty"`
	// Count is how many requests the fault hits; 0 is every one.
	Count int `json:"count,omitempty"`
	// Skip lets the first n matching requests pass.
	Skip int `json:"skip,omitempty"`
	// CommitThenDrop does what was asked and closes the connection without an
	// answer.
	CommitThenDrop bool `json:"commit_then_drop,omitempty"`
	// Drop closes the connection without doing anything.
	Drop bool `json:"drop,omitempty"`
}

// rule is a Fault made ready, with its counters.
type rule struct {
	Fault
	path  *regexp.Regexp
	delay time.Duration
	seen  int
	used  int
}

func (f Fault) compile() (*rule, error) {
	r := &rule{Fault: f}
	var err error
	if r.path, err = regexp.Compile(f.Path); err != nil {
		return nil, fmt.Errorf("path %q is not a regular expression: %w", f.Path, err)
	}
	if f.Delay != "" {
		if r.delay, err = time.ParseDuration(f.Delay); err != nil || r.delay < 0 {
			return nil, fmt.Errorf("delay %q is not a duration such as \"1.5s\"", f.Delay)
		}
	}
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return nil, fmt.Errorf("status %d is not between 200 and 599", f.Status)
	case f.Count < 0 || f.Skip < 0:
		return nil, fmt.Errorf("count and skip cannot be negative")
	case f.Status == 0 && f.Delay == "" && !f.CommitThenDrop && !f.Drop:
		return nil, fmt.Errorf("a fault needs status, delay, drop or commit_then_drop")
	case f.Drop && f.CommitThenDrop:
		return nil, fmt.Errorf("drop and commit_then_drop exclude each other")
	}
	return r, nil
}

// faults is the list in force.
type faults struct {
	mu    sync.Mutex
	rules []*rule
}

func (f *faults) set(list []Fault) error {
	rules := make([]*rule, 0, len(list))
	for i, fault := range list {
		r, err := fault.compile()
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
func (f *faults) hit(r *http.Request) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rule := range f.rules {
		if rule.Method != "" && rule.Method != r.Method || !rule.path.MatchString(r.RequestURI) {
			continue
		}
		if rule.Count > 0 && rule.used >= rule.Count {
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
