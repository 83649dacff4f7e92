package ltm_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAnAddressHasOneTextForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.0.1":            "10.0.0.1",
		"10.0.0.1%0":          "10.0.0.1",
		"10.0.0.1%2":          "10.0.0.1%2",
		"10.0.0.1%65534":      "10.0.0.1%65534",
		"2001:DB8:0::1":       "2001:db8::1",
		"2001:db8::1%7":       "2001:db8::1%7",
		"::ffff:10.0.0.1":     "10.0.0.1",
		"0.0.0.0":             "0.0.0.0",
		"::":                  "::",
		"::ffff:c0a8:0101%12": "192.168.1.1%12",
	} {
		address, err := ltm.ParseAddress(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := address.String(); got != want {
			t.Errorf("%q prints as %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "%", "10.0.0", "10.0.0.256", "010.0.0.1", "web-1", "10.0.0.1%", "10.0.0.1%x", "10.0.0.1%01",
		"10.0.0.1%65535", "10.0.0.1%-1", "10.0.0.1%+1", "fe80::1%eth0", "10.0.0.1%1%2", " 10.0.0.1", "10.0.0.1/24",
	} {
		if address, err := ltm.ParseAddress(text); err == nil {
			t.Errorf("%q is read as %v", text, address)
		}
	}
}

func TestTheZeroAddressPrintsAsNothing(t *testing.T) {
	t.Parallel()
	var zero ltm.Address
	if zero.IsValid() || zero.Is6() || zero.String() != "" || (ltm.MemberKey{}).String() != "" {
		t.Errorf("the zero address is valid, or prints as %q", zero)
	}
}

func TestAMemberKeyIsReadInEveryFormAndPrintedInTwo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, key, name string }{
		{"10.0.0.1:8080", "10.0.0.1:8080", "10.0.0.1:8080"},
		{"10.0.0.1%2:8080", "10.0.0.1%2:8080", "10.0.0.1%2:8080"},
		{"10.0.0.1:any", "10.0.0.1:0", "10.0.0.1:0"},
		{"[2001:db8::1]:8080", "[2001:db8::1]:8080", "2001:db8::1.8080"},
		{"2001:db8::1.8080", "[2001:db8::1]:8080", "2001:db8::1.8080"},
		{"[2001:db8::1%2]:80", "[2001:db8::1%2]:80", "2001:db8::1%2.80"},
		{"2001:db8::1%2.80", "[2001:db8::1%2]:80", "2001:db8::1%2.80"},
		{"[2001:DB8::1]:8080", "[2001:db8::1]:8080", "2001:db8::1.8080"},
		{"[::ffff:10.0.0.1]:80", "10.0.0.1:80", "10.0.0.1:80"},
		{"::1.80", "[::1]:80", "::1.80"},
	} {
		key, err := ltm.ParseMemberKey(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if key.String() != test.key || key.Name() != test.name {
			t.Errorf("%q has the key %q and the name %q, want %q and %q", test.text, key, key.Name(), test.key, test.name)
		}
	}
}

func TestWhatIsNoMemberKeyIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", ":", "10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:080", "10.0.0.1:http",
		"2001:db8::1", "2001:db8::1:8080", "[2001:db8::1]", "[2001:db8::1]8080", "[10.0.0.1]:80", "[]:80", "[::1:80", "web:80",
	} {
		if key, err := ltm.ParseMemberKey(text); err == nil {
			t.Errorf("%q is read as %v", text, key)
		}
	}
}

func TestKeysSortByRouteDomainAddressAndPort(t *testing.T) {
	t.Parallel()
	want := []string{"10.0.0.2:80", "10.0.0.2:443", "10.0.0.10:80", "[2001:db8::1]:80", "10.0.0.1%1:80"}
	var keys []ltm.MemberKey
	for _, text := range want {
		keys = append(keys, mustKey(t, text))
	}
	slices.Reverse(keys)
	slices.SortFunc(keys, ltm.MemberKey.Compare)
	var got []string
	for _, key := range keys {
		got = append(got, key.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order -want +got\n%s", diff)
	}
}

func TestMemberKeysAreKeysInJSON(t *testing.T) {
	t.Parallel()
	want := map[ltm.MemberKey]int{mustKey(t, "10.0.0.1:80"): 1, mustKey(t, "[2001:db8::1%2]:80"): 2}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(text); got != `{"10.0.0.1:80":1,"[2001:db8::1%2]:80":2}` {
		t.Errorf("JSON is %s", got)
	}
	var got map[ltm.MemberKey]int
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, comparers); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"nonsense":1}`), &got); err == nil {
		t.Error("nonsense is a member key")
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"10.0.0.1", "10.0.0.1%2", "2001:db8::1%2", "::ffff:1.2.3.4", "fe80::1%eth0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := ltm.ParseAddress(text)
		if err != nil {
			return
		}
		again, err := ltm.ParseAddress(address.String())
		if err != nil || again != address {
			t.Errorf("%q prints as %q, which is read as %v, %v", text, address, again, err)
		}
		if address.IP.Is4In6() || address.IP.Zone() != "" {
			t.Errorf("%q is not canonical: %v", text, address)
		}
	})
}

func FuzzParseMemberKey(f *testing.F) {
	for _, seed := range []string{"10.0.0.1:80", "[2001:db8::1]:80", "2001:db8::1%2.80", "10.0.0.1:any", "::ffff:1.2.3.4.80", "[::1]:http"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			return
		}
		for _, form := range []string{key.String(), key.Name()} {
			if again, err := ltm.ParseMemberKey(form); err != nil || again != key {
				t.Errorf("%q prints as %q, which is read as %v, %v", text, form, again, err)
			}
		}
	})
}

var comparers = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func mustKey(t *testing.T, text string) ltm.MemberKey {
	t.Helper()
	key, err := ltm.ParseMemberKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
