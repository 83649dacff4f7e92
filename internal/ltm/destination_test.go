package ltm_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestADestinationIsReadInEveryFormAndPrintedAsTheDeviceDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"203.0.113.10:443":               "/shop/203.0.113.10:443",
		"/Common/203.0.113.10:443":       "/Common/203.0.113.10:443",
		"/shop/sub/203.0.113.10:443":     "/shop/sub/203.0.113.10:443",
		"203.0.113.10%2:443":             "/shop/203.0.113.10%2:443",
		"[2001:db8::1]:443":              "/shop/2001:db8::1.443",
		"2001:db8::1.443":                "/shop/2001:db8::1.443",
		"/Common/2001:db8::1%2.443":      "/Common/2001:db8::1%2.443",
		"/Common/0.0.0.0:0":              "/Common/0.0.0.0:0",
		"any:80":                         "/shop/0.0.0.0:80",
		"any:any":                        "/shop/0.0.0.0:0",
		"any%2:80":                       "/shop/0.0.0.0%2:80",
		"any6.80":                        "/shop/::.80",
		"any6:80":                        "/shop/::.80",
		"any6%2.80":                      "/shop/::%2.80",
		"any6.any":                       "/shop/::.0",
		"/Common/203.0.113.10:https":     "/Common/203.0.113.10:443",
		"/Common/2001:db8::1.https":      "/Common/2001:db8::1.443",
		"/Common/sub/deep/10.0.0.1%3:53": "/Common/sub/deep/10.0.0.1%3:53",
	} {
		got, err := ltm.ParseDestination("shop", text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got.String() != want {
			t.Errorf("%q prints as %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsNoDestinationIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "/", "/shop", "/shop/", "/203.0.113.10:443", "203.0.113.10", "203.0.113.10:", "203.0.113.10:99999", "any", "any6",
		"any.80", "anything:80", "web:80", "/shop//203.0.113.10:80", "/sh op/203.0.113.10:80", "2001:db8::1:443", "203.0.113.10:gopher",
	} {
		if got, err := ltm.ParseDestination("shop", text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		} else if got != (ltm.Destination{}) {
			t.Errorf("%q is refused, and read as %+v", text, got)
		}
	}
}

func TestADestinationWithoutAPartitionPrintsWithout(t *testing.T) {
	t.Parallel()
	for text, hostPort := range map[string]string{"203.0.113.10:443": "203.0.113.10:443", "2001:db8::1.443": "[2001:db8::1]:443"} {
		got, err := ltm.ParseDestination("", text)
		if err != nil || got.String() != text || got.HostPort() != hostPort {
			t.Errorf("%q prints as %q and %q, %v", text, got, got.HostPort(), err)
		}
	}
}

func TestADestinationSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"/shop/203.0.113.10:443", "/shop/sub/2001:db8::1%2.443", "10.0.0.1:80"} {
		want, err := ltm.ParseDestination("", text)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(want)
		if err != nil || string(data) != `"`+text+`"` {
			t.Errorf("%q in JSON is %s, %v", text, data, err)
		}
		var got ltm.Destination
		if err := json.Unmarshal(data, &got); err != nil || got != want {
			t.Errorf("%s is read as %v, %v", data, got, err)
		}
	}
	got := ltm.Destination{Partition: "x"}
	if err := json.Unmarshal([]byte(`""`), &got); err != nil || !got.IsZero() {
		t.Errorf("no text is read as %v, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`"x"`), &got); err == nil {
		t.Error("nonsense is a destination")
	}
}

func TestDestinationsSortByPartitionFolderAddressAndPort(t *testing.T) {
	t.Parallel()
	sorted := []string{"/a/10.0.0.9:80", "/a/f/10.0.0.1:80", "/b/10.0.0.2:80", "/b/10.0.0.2:443", "/b/10.0.0.10:80"}
	for i := range sorted[1:] {
		a, _ := ltm.ParseDestination("", sorted[i])
		b, _ := ltm.ParseDestination("", sorted[i+1])
		if a.Compare(b) >= 0 || b.Compare(a) <= 0 {
			t.Errorf("%s is not before %s", a, b)
		}
	}
}

func FuzzParseDestination(f *testing.F) {
	for _, seed := range []string{
		"203.0.113.10:443", "/Common/2001:db8::1%2.443", "any6.80", "any6:80", "any:any", "/shop/sub/10.0.0.1:https", "[::1]:80", "/", "/a/",
	} {
		f.Add("shop", seed)
	}
	f.Add("", "10.0.0.1:80")
	f.Add("0/0", "any:0")
	f.Fuzz(func(t *testing.T, partition, text string) {
		if at, err := ltm.ParsePathIn(partition, "x"); partition != "" && (err != nil || at.Folder != "") {
			return // the caller's partition is valid, and has no folder in it
		}
		got, err := ltm.ParseDestination(partition, text)
		if err != nil {
			return
		}
		again, err := ltm.ParseDestination("", got.String())
		if diff := cmp.Diff(got, again, comparers); err != nil || diff != "" {
			t.Errorf("%q prints as %q: %v\n%s", text, got, err, diff)
		}
	})
}
