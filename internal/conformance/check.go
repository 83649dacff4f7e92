package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// patience bounds how long a case waits for what a device does by itself.
const patience = 15 * time.Second

// Check is what a case works with: requests that note what they make, and
// comparisons that note what is wrong. Requests that must succeed and did not,
// end the case.
type Check struct {
	session
	*record
	ctx    context.Context
	device *Device
}

// record is what a case has done, in whichever session.
type record struct {
	touched  map[string]bool // paths that were written to
	failures []string
}

// in is the same case in another session.
func (c *Check) in(s session) *Check {
	other := *c
	other.session = s
	return &other
}

// stop is the panic that ends a case.
type stop struct{}

func (c *Check) run(test func(*Check)) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(stop); !ok {
				panic(p)
			}
		}
	}()
	test(c)
}

// Errorf notes what is wrong.
func (c *Check) Errorf(format string, arguments ...any) {
	c.failures = append(c.failures, fmt.Sprintf(format, arguments...))
}

// Fatalf notes what is wrong and ends the case.
func (c *Check) Fatalf(format string, arguments ...any) {
	c.Errorf(format, arguments...)
	panic(stop{})
}

// Equal compares JSON values; nil is an absent one. Numbers in want are ints.
func (c *Check) Equal(what string, got, want any) {
	if n, ok := got.(int); ok {
		got = asNumber(n)
	}
	if n, ok := want.(int); ok {
		want = asNumber(n)
	}
	if !reflect.DeepEqual(got, want) {
		c.Errorf("%s is %s, want %s", what, value(got), value(want))
	}
}

// Fields compares some properties of an object. A nil in want must be absent.
func (c *Check) Fields(what string, got, want Object) {
	for name, v := range want {
		c.Equal(what+": "+name, got[name], v)
	}
}

// True notes a failure unless it holds.
func (c *Check) True(holds bool, format string, arguments ...any) {
	if !holds {
		c.Errorf(format, arguments...)
	}
}

func value(v any) string {
	if v == nil {
		return "absent"
	}
	out, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(out)
}

// Ask sends a request, whatever the answer.
func (c *Check) Ask(method, path, body string) Answer { return c.AskAs(c.session, method, path, body) }

// AskAs sends a request of another session.
func (c *Check) AskAs(as session, method, path, body string) Answer {
	if method != http.MethodGet {
		c.touched[path] = true
	}
	a, err := as.send(c.ctx, method, path, body)
	if err != nil {
		c.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Must sends a request that must succeed.
func (c *Check) Must(method, path, body string) Object {
	a := c.Ask(method, path, body)
	if a.Status != http.StatusOK {
		c.Fatalf("%s, want 200", a)
	}
	return a.Body
}

// Get reads what must be there.
func (c *Check) Get(path string) Object { return c.Must(http.MethodGet, path, "") }

// Post makes what can be made.
func (c *Check) Post(path, body string) Object { return c.Must(http.MethodPost, path, body) }

// Patch changes what can be changed.
func (c *Check) Patch(path, body string) Object { return c.Must(http.MethodPatch, path, body) }

// Put replaces what can be replaced.
func (c *Check) Put(path, body string) Object { return c.Must(http.MethodPut, path, body) }

// Delete removes what can be removed: HTTP 200 without a body.
func (c *Check) Delete(path string) {
	a := c.Ask(http.MethodDelete, path, "")
	if a.Status != http.StatusOK || a.Text != "" {
		c.Fatalf("%s, want 200 and no body", a)
	}
}

// The layers' own numbers (icontrol-rest 6.1).
const (
	icrd        = 1
	transaction = 2
	mcpd        = 3
	tmsh        = 26214401
)

// Refused sends a request that must fail. Texts are compared without regard to
// case, as they differ by path and release (icontrol-rest 6.2); a text that
// begins with a code of mcpd must begin with it.
func (c *Check) Refused(method, path, body string, status, apiError int, text string) {
	a := c.Ask(method, path, body)
	message, _ := a.Body["message"].(string)
	number := fmt.Sprint(a.Body["apiError"])
	if a.Status != status || number != fmt.Sprint(apiError) || !strings.Contains(strings.ToLower(message), strings.ToLower(inPartition(text))) {
		c.Errorf("%s, want HTTP %d, apiError %d, %q", a, status, apiError, inPartition(text))
	}
	c.Equal(a.Request+": code", a.Body["code"], status)
}

// Gone reads what must not be there.
func (c *Check) Gone(path string) {
	if a := c.Ask(http.MethodGet, path, ""); a.Status != http.StatusNotFound {
		c.Errorf("%s, want 404", a)
	}
}

// Eventually reads until what is read holds; what says what is waited for.
func (c *Check) Eventually(what string, as session, path string, holds func(Answer) bool) Answer {
	deadline := time.NewTimer(c.device.patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		a := c.AskAs(as, http.MethodGet, path, "")
		if holds(a) {
			return a
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			c.Fatalf("%s: not within %s; last answer %s", what, c.device.patience, a)
		case <-c.ctx.Done():
			c.Fatalf("%s: %v", what, c.ctx.Err())
		}
	}
}

// As is a session of another user of the device, by token.
func (c *Check) As(role Role) session {
	token, err := c.device.login(c.ctx, c.device.target.Users[role])
	if err != nil {
		c.Fatalf("%v", err)
	}
	return session{url: c.url, client: c.client}.withToken(token)
}

// Anonymous is a session without credentials.
func (c *Check) Anonymous() session { return session{url: c.url, client: c.client} }

// Names compares the names of a collection's items, in their order.
func (c *Check) Names(collection Object, want ...string) {
	got := names(collection)
	if !slices.Equal(got, want) {
		c.Errorf("the items are %q, want %q", got, want)
	}
}

func names(collection Object) []string {
	var all []string
	for _, item := range list(collection["items"]) {
		name, _ := at(item, "name").(string)
		all = append(all, name)
	}
	return all
}

// asNumber is a number as it is decoded.
func asNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// trimmed is a text without the blank that old releases put behind it.
func trimmed(v any) string {
	text, _ := v.(string)
	return strings.TrimSpace(text)
}

// mustRefuse words a refusal for the page.
func mustRefuse(status, apiError int, text string) string {
	out := fmt.Sprintf("Answer %d, `apiError` %d", status, apiError)
	if text = strings.ReplaceAll(text, "$P", "P"); text != "" {
		out += ", with `" + text + "`"
	}
	return out + "."
}
