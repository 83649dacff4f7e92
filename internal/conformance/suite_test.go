package conformance

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

func TestEachCaseDescribesItself(t *testing.T) {
	t.Parallel()
	section := regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	seen := map[string]bool{}
	for _, c := range Cases() {
		switch {
		case seen[c.Name]:
			t.Errorf("%s: there are two of that name", c.Name)
		case c.Name == "" || c.Test == nil:
			t.Errorf("%q: no name or no test", c.Name)
		case !strings.HasSuffix(c.Must, ".") && !strings.HasSuffix(c.Must, ".`"):
			t.Errorf("%s: %q is no sentence", c.Name, c.Must)
		case !section.MatchString(c.Source):
			t.Errorf("%s: %q is no section", c.Name, c.Source)
		case !slices.Contains(Confidences, c.Confidence):
			t.Errorf("%s: %q is no confidence", c.Name, c.Confidence)
		case !slices.ContainsFunc(releases, c.Versions.Contain):
			t.Errorf("%s: it holds %s, and is tried on none of %q", c.Name, c.Versions, releases)
		}
		seen[c.Name] = true
	}
}

// A case that passes on a device without any behaviour would show nothing.
func TestNoCasePassesOnADeviceThatAlwaysAnswersTheSame(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"200 and an empty object": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) },
		"200 and nothing":         func(http.ResponseWriter, *http.Request) {},
		"404 of icrd": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":404,"message":"Object not found","errorStack":[],"apiError":1}`))
		},
		"a page of HTML": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			t.Cleanup(server.Close)
			for _, c := range Cases() {
				version := releases[slices.IndexFunc(releases, c.Versions.Contain)]
				d := &Device{
					session: session{url: server.URL, client: server.Client()}.withToken("token"), Version: version, patience: 30 * time.Millisecond,
					target: Target{Administrator: administrator, Users: others, Peer: server.URL, Hostname: hostname},
				}
				if got := d.Run(t.Context(), c); got.Outcome != Failed {
					t.Errorf("%s: %s", c.Name, got.Outcome)
				}
			}
		})
	}
}

// tampered changes the answers of a device.
type tampered struct {
	next   http.RoundTripper
	change func(*http.Request, *http.Response, string) string
}

func (r tampered) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	changed := r.change(request, response, string(text))
	response.Body = io.NopCloser(bytes.NewReader([]byte(changed)))
	response.ContentLength = int64(len(changed))
	return response, nil
}

func TestASmallDifferenceFailsTheCaseThatIsAboutIt(t *testing.T) {
	t.Parallel()
	replace := func(from, to string) func(*http.Request, *http.Response, string) string {
		return func(_ *http.Request, _ *http.Response, text string) string { return strings.ReplaceAll(text, from, to) }
	}
	for _, test := range []struct {
		name, fails string
		change      func(*http.Request, *http.Response, string) string
	}{
		{"another word of session", "A monitored member is read in other words", replace(`"monitor-enabled"`, `"user-enabled"`)},
		{"another code of mcpd", "A pool that is there already is 409, 01020066", replace("01020066", "01020067")},
		{"another layer's number", "A missing monitor is 404 of icrd", replace(`"apiError":1`, `"apiError":3`)},
		{"a number as text", "A pool has its fields in their types", replace(`"slowRampTime":10`, `"slowRampTime":"10"`)},
		{"a field too few", "A pool has its fields in their types", replace(`"allowNat":"yes",`, ``)},
		{"no further page", "$top pages a collection, and nextLink leads on", replace(`"nextLink"`, `"next"`)},
		{"a false flag", "A flag is true or absent", replace(`"enabled":true`, `"enabled":true,"disabled":false`)},
		{"a trailing blank", "Monitors are one string", replace(`"monitor":"/Common/tcp"`, `"monitor":"/Common/tcp "`)},
		{"the transaction's prefix", "A commit that fails changes nothing", replace("transaction failed:", "")},
		{"a body after DELETE", "A member is removed by one call", func(r *http.Request, _ *http.Response, text string) string {
			if r.Method == http.MethodDelete {
				return "{}"
			}
			return text
		}},
		{"201 for a POST", "A member is added by one call", func(r *http.Request, response *http.Response, text string) string {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/members") {
				response.StatusCode = http.StatusCreated
			}
			return text
		}},
		{"400 instead of 401", "A request without credentials is 401 of restjavad", func(_ *http.Request, response *http.Response, text string) string {
			if response.StatusCode == http.StatusUnauthorized {
				response.StatusCode = http.StatusBadRequest
			}
			return text
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, target := simulate(t, "17.1.1")
			mark(t, target)
			d := open(t, target)
			cases := Cases()
			c := cases[slices.IndexFunc(cases, func(c Case) bool { return c.Name == test.fails })]
			if got := d.Run(t.Context(), c); got.Outcome != Passed {
				t.Fatalf("untampered: %s %q", got.Outcome, got.Reasons)
			}
			d.client = &http.Client{Transport: tampered{target.Client.Transport, test.change}}
			if got := d.Run(t.Context(), c); got.Outcome != Failed || len(got.Reasons) == 0 {
				t.Errorf("%s: %s %q", c.Name, got.Outcome, got.Reasons)
			}
			d.client = target.Client
		})
	}
}

func TestADeviceIsRefusedAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		prepare    func(*testing.T, Target)
	}{
		{"without the mark", "tmsh create auth partition " + Partition, func(*testing.T, Target) {}},
		{"with a stranger's pool behind the mark", "holds ltm/pool /" + Partition + "/shop", func(t *testing.T, target Target) {
			mark(t, target)
			ask(t, target, http.MethodPost, "/ltm/pool", `{"name":"shop","partition":"$P"}`)
		}},
		{"with a default route domain", "default route domain of partition " + Partition + " is 7", func(t *testing.T, target Target) {
			ask(t, target, http.MethodPost, "/net/route-domain", `{"name":"seven","partition":"Common","id":7}`)
			ask(t, target, http.MethodPost, "/auth/partition", `{"name":"$P","defaultRouteDomain":7}`)
		}},
		{"with a stranger's node behind the mark", "holds ltm/node /" + Partition + "/10.0.0.1", func(t *testing.T, target Target) {
			mark(t, target)
			ask(t, target, http.MethodPost, "/ltm/node", `{"name":"10.0.0.1","partition":"$P","address":"10.0.0.1"}`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, target := simulate(t, "17.1.1")
			test.prepare(t, target)
			s.ClearRequests()
			d, err := Open(t.Context(), target)
			if d != nil || !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			for _, r := range s.Requests() {
				if r.Method != http.MethodGet && !strings.HasPrefix(r.Path, "/mgmt/shared/auth") {
					t.Errorf("%s %s", r.Method, r.Path)
				}
			}
			if tokens := len(list(ask(t, target, http.MethodGet, "/mgmt/shared/authz/tokens", "").Body["items"])); tokens != 0 {
				t.Errorf("%d tokens are left", tokens)
			}
		})
	}
}

func TestAWrongPasswordIsNoRefusal(t *testing.T) {
	t.Parallel()
	_, target := simulate(t, "17.1.1")
	target.Administrator.Password = "wrong"
	_, err := Open(t.Context(), target)
	if err == nil || errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
}

// left is what lies in the partition, all pools and the virtual servers' listeners.
func left(t *testing.T, s *bigipsim.Simulator, target Target) []string {
	t.Helper()
	var all []string
	collections := []string{"/ltm/pool"}
	for _, kind := range kinds {
		collections = append(collections, kind+"?$filter=partition+eq+$P")
	}
	for _, path := range collections {
		for _, item := range list(ask(t, target, http.MethodGet, path, "").Body["items"]) {
			all = append(all, path+": "+value(at(item, "fullPath")))
		}
	}
	for _, v := range s.VirtualServers() {
		all = append(all, v.Name)
	}
	return all
}

func TestWhatACaseMakesIsGoneAfterIt(t *testing.T) {
	t.Parallel()
	s, target := simulate(t, "17.1.1")
	mark(t, target)
	before := left(t, s, target)
	d := open(t, target)
	for _, c := range Cases() {
		if !c.Versions.Contain(d.Version) {
			continue
		}
		d.Run(t.Context(), c)
		if diff := cmp.Diff(before, left(t, s, target)); diff != "" {
			t.Fatalf("%s:\n%s", c.Name, diff)
		}
	}
}

func TestWhatAnInterruptedRunLeftIsRemovedAtTheNext(t *testing.T) {
	t.Parallel()
	s, target := simulate(t, "17.1.1")
	mark(t, target)
	before := left(t, s, target)
	for kind, body := range map[string]string{
		"/ltm/pool":    `{"name":"bkc-p","partition":"$P","members":["192.0.2.1:80","2001:db8::1.80"]}`,
		"/ltm/virtual": `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`,
		"/ltm/node":    `{"name":"bkc-n","partition":"$P","address":"192.0.2.9"}`,
		"/sys/folder":  `{"name":"bkc-f","partition":"$P"}`,
	} {
		ask(t, target, http.MethodPost, kind, body)
	}
	if cmp.Equal(before, left(t, s, target)) {
		t.Fatal("nothing was made")
	}
	open(t, target)
	if diff := cmp.Diff(before, left(t, s, target)); diff != "" {
		t.Error(diff)
	}
}

func TestCasesThatCannotRunAreSaidToHaveNotRun(t *testing.T) {
	t.Parallel()
	_, target := simulate(t, "17.1.1")
	mark(t, target)
	target.Users, target.Hostname = nil, ""
	d := open(t, target)
	for _, c := range []Case{
		{Name: "of another version", Versions: before("13.0"), Test: func(*Check) { t.Error("it ran") }},
		{Name: "of another user", Needs: Guest, Test: func(*Check) { t.Error("it ran") }},
		{Name: "of two devices", With: Peer, Test: func(*Check) { t.Error("it ran") }},
		{Name: "of a name", With: Hostname, Test: func(*Check) { t.Error("it ran") }},
	} {
		if got := d.Run(t.Context(), c); got.Outcome != NotRun || len(got.Reasons) != 1 {
			t.Errorf("%s: %v", c.Name, got)
		}
	}
}

func TestVersionsAreComparedByTheirNumbers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		versions Versions
		version  string
		want     bool
	}{
		{Versions{}, "11.5.4", true},
		{from("13.1"), "13.0.1", false},
		{from("13.1"), "13.1", true},
		{from("13.1"), "13.1.0.2", true},
		{from("9.4"), "17.1.1", true},
		{before("13.0"), "12.1.6", true},
		{before("13.0"), "13.0.0", false},
		{Versions{"12.0", "14.0"}, "11.6", false},
		{Versions{"12.0", "14.0"}, "13.1", true},
		{Versions{"12.0", "14.0"}, "14.0.0", false},
	} {
		if got := test.versions.Contain(test.version); got != test.want {
			t.Errorf("%s of %s: %v", test.version, test.versions, got)
		}
	}
}
