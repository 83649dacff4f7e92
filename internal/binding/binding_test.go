package binding_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// full is the example of the documentation.
var full = binding.Mark{
	Backends: []binding.Backend{
		{Name: "blue", Ref: endpoints.Ref{Cluster: "east", Namespace: "shop", Service: "web", Port: "http"}, Share: 90},
		{Ref: endpoints.Ref{Namespace: "shop", Service: "web-canary", Port: "http"}, Share: 10},
	},
	Drain: time.Minute, Min: 2,
}

func TestAMarkReadsAsItIsWritten(t *testing.T) {
	t.Parallel()
	one := func(b binding.Backend) binding.Mark { return binding.Mark{Backends: []binding.Backend{b}} }
	for _, test := range []struct {
		words string
		mark  binding.Mark
		want  string
	}{
		{"Checkout", full, "Checkout [bigipkube/1 blue@east/shop/web:http=90 shop/web-canary:http=10 drain=1m min=2]"},
		{"", one(binding.Backend{Ref: endpoints.Ref{Namespace: "shop", Service: "web"}}), "[bigipkube/1 shop/web=0]"},
		{"", one(binding.Backend{Ref: endpoints.Ref{Namespace: "shop", Service: "web", Port: "80", Family: "IPv6"}, Share: 1}), "[bigipkube/1 shop/web:80,IPv6=1]"},
		{"", one(binding.Backend{Ref: endpoints.Ref{Namespace: "shop", Service: "web", Family: "IPv4"}, Share: 1}), "[bigipkube/1 shop/web,IPv4=1]"},
		{"", one(binding.Backend{Name: "my blue", Ref: endpoints.Ref{Cluster: "a/b", Namespace: "shop", Service: "web"}, Share: 1}), "[bigipkube/1 my%20blue@a%2Fb/shop/web=1]"},
		{"", one(binding.Backend{Name: "<b>é]", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}, Share: 1}), "[bigipkube/1 %3Cb%3E%C3%A9%5D@shop/web=1]"},
		{"a [v2] b", one(binding.Backend{Ref: endpoints.Ref{Namespace: "n", Service: "s"}, Share: 1}), "a [v2] b [bigipkube/1 n/s=1]"},
		{"]", one(binding.Backend{Ref: endpoints.Ref{Namespace: "n", Service: "s"}, Share: 1}), "] [bigipkube/1 n/s=1]"},
		{"see [bigipkube/1 a/b=1]", one(binding.Backend{Ref: endpoints.Ref{Namespace: "n", Service: "s"}, Share: 1}), "see [bigipkube/1 a/b=1] [bigipkube/1 n/s=1]"},
		{" ", one(binding.Backend{Ref: endpoints.Ref{Namespace: "n", Service: "s"}, Share: 1}), "  [bigipkube/1 n/s=1]"},
	} {
		got := binding.Format(test.words, test.mark)
		if got != test.want {
			t.Errorf("written as\n %s\nwant\n %s", got, test.want)
		}
		words, mark, found, err := binding.Parse(got)
		if err != nil || !found || words != test.words {
			t.Errorf("%q: words %q, found %v, %v", got, words, found, err)
		}
		if diff := cmp.Diff(test.mark, mark); diff != "" {
			t.Errorf("%q -want +got\n%s", got, diff)
		}
	}
}

func TestBackendsAreWrittenByNameInAnyOrder(t *testing.T) {
	t.Parallel()
	swapped := full
	swapped.Backends = []binding.Backend{full.Backends[1], full.Backends[0]}
	if a, b := binding.Format("", full), binding.Format("", swapped); a != b {
		t.Errorf("the order matters:\n%s\n%s", a, b)
	}
}

func TestANameThatEqualsTheServicesIsLeftOut(t *testing.T) {
	t.Parallel()
	text := binding.Format("", binding.Mark{Backends: []binding.Backend{{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}}}})
	if text != "[bigipkube/1 shop/web=0]" {
		t.Errorf("got %s", text)
	}
	_, mark, _, err := binding.Parse("[bigipkube/1 web@shop/web=0]")
	if err != nil || mark.Backends[0].Name != "" || mark.Backends[0].FullName() != "web" {
		t.Errorf("got %+v, %v", mark, err)
	}
}

func TestADescriptionWithoutAMarkIsWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Checkout", "a [b] c", "[bigipkube]", "bigipkube/1 a/b=1", "[ bigipkube/1 a/b=1]"} {
		words, mark, found, err := binding.Parse(text)
		if words != text || found || err != nil || len(mark.Backends) > 0 {
			t.Errorf("%q: words %q, found %v, %v", text, words, found, err)
		}
		if got := binding.Format(text, mark); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
}

func TestAMarkThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x [bigipkube/1 a/b=1":                    `"[bigipkube/1 a/b=1": its "]" is missing`,
		"x [bigipkube/1 a/b=1] y":                 `" y": nothing may follow the mark`,
		"[bigipkube/one a/b=1]":                   `"[bigipkube/one a/b=1]": its version is not a number`,
		"[bigipkube/01 a/b=1]":                    `"[bigipkube/01 a/b=1]": its version is not a number`,
		"[bigipkube/1]":                           `"": it names no backend`,
		"[bigipkube/1 drain=1m]":                  `"drain=1m": it names no backend`,
		"[bigipkube/1 a/b=1 ]":                    `"": it is not known, or there twice`,
		"[bigipkube/1  a/b=1]":                    `"": it is not known, or there twice`,
		"[bigipkube/1 a/b=1 max=3]":               `"max=3": it is not known, or there twice`,
		"[bigipkube/1 a/b=1 min=1 min=2]":         `"min=2": it is not known, or there twice`,
		"[bigipkube/1 a/b=1 drain=1m0s drain=1s]": `"drain=1s": it is not known, or there twice`,
		"[bigipkube/1 a/b=1 x@c/b=1 x@d/e=2]":     `"x@d/e=2": another backend has that name`,
		"[bigipkube/1 a/b]":                       `"a/b": it has no share`,
		"[bigipkube/1 a/b=]":                      `"a/b=": its number is wrong`,
		"[bigipkube/1 a/b=-1]":                    `"a/b=-1": its number is wrong`,
		"[bigipkube/1 a/b=+1]":                    `"a/b=+1": its number is wrong`,
		"[bigipkube/1 a/b=01]":                    `"a/b=01": its number is wrong`,
		"[bigipkube/1 a/b=1=2]":                   `"a/b=1=2": a name in it has a character that must be escaped`,
		"[bigipkube/1 a/b=1 min=0]":               `"min=0": its number is wrong`,
		"[bigipkube/1 a/b=1 drain=0s]":            `"drain=0s": its duration is wrong`,
		"[bigipkube/1 a/b=1 drain=-1s]":           `"drain=-1s": its duration is wrong`,
		"[bigipkube/1 a/b=1 drain=soon]":          `"drain=soon": its duration is wrong`,
		"[bigipkube/1 a/b,IPv5=1]":                `"a/b,IPv5=1": it has an option that is not known, or there twice`,
		"[bigipkube/1 a/b/c/d=1]":                 `"a/b/c/d=1": it is not [name@][cluster/]namespace/service`,
		"[bigipkube/1 a/=1]":                      `"a/=1": a name in it is empty`,
		"[bigipkube/1 /b=1]":                      `"/b=1": a name in it is empty`,
		"[bigipkube/1 @a/b=1]":                    `"@a/b=1": a name in it is empty`,
		"[bigipkube/1 a/b:=1]":                    `"a/b:=1": a name in it is empty`,
		"[bigipkube/1 a/b:c:d=1]":                 `"a/b:c:d=1": a name in it has a character that must be escaped`,
		"[bigipkube/1 a@b@c/d=1]":                 `"a@b@c/d=1": a name in it has a character that must be escaped`,
		"[bigipkube/1 a/<b>=1]":                   `"a/<b>=1": a name in it has a character that must be escaped`,
		"[bigipkube/1 a/b%2=1]":                   `"a/b%2=1": a name in it is escaped wrongly`,
	} {
		words, mark, found, err := binding.Parse(text)
		if _, ok := errors.AsType[*binding.SyntaxError](err); !ok || !found || len(mark.Backends) > 0 {
			t.Errorf("%q: found %v, %+v, %v", text, found, mark, err)
			continue
		}
		if full := "the bigipkube mark in the description cannot be read at " + want; err.Error() != full {
			t.Errorf("%q\n got %v\nwant %v", text, err, full)
		}
		before, _, _ := strings.Cut(text, "[")
		if wantWords := strings.TrimSuffix(before, " "); words != wantWords {
			t.Errorf("%q: words %q, want %q", text, words, wantWords)
		}
	}
}

func TestAMarkOfALaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	_, _, found, err := binding.Parse("x [bigipkube/2 whatever it is]")
	failure, ok := errors.AsType[*binding.VersionError](err)
	if !ok || !found || failure.Version != "2" {
		t.Fatalf("found %v, %v", found, err)
	}
	if want := "the bigipkube mark in the description has version 2, this release knows version 1"; err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, _, found, err = binding.ParseMember("[bigipkube/2 a/b]"); !found || err == nil {
		t.Errorf("a member's: found %v, %v", found, err)
	}
}

func TestAMembersMarkReadsAsItIsWritten(t *testing.T) {
	t.Parallel()
	for want, mark := range map[string]binding.MemberMark{
		"[bigipkube/1 blue@shop/web web-7d9f-x2k4z]": {Backend: "blue", Namespace: "shop", Service: "web", Pod: "web-7d9f-x2k4z"},
		"[bigipkube/1 shop/web]":                     {Namespace: "shop", Service: "web"},
		"[bigipkube/1 east/shop/web p]":              {Cluster: "east", Namespace: "shop", Service: "web", Pod: "p"},
		"[bigipkube/1 shop/web %5Bp%5D]":             {Namespace: "shop", Service: "web", Pod: "[p]"},
	} {
		got := binding.FormatMember(mark)
		if got != want {
			t.Errorf("written as %q, want %q", got, want)
		}
		words, again, found, err := binding.ParseMember("by hand " + got)
		if diff := cmp.Diff(mark, again); diff != "" || words != "by hand" || !found || err != nil {
			t.Errorf("%q: words %q, found %v, %v\n%s", got, words, found, err, diff)
		}
	}
}

func TestAMembersMarkThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"[bigipkube/1]", "[bigipkube/1 shop/web p q]", "[bigipkube/1 web]", "[bigipkube/1 shop/web:http=1]",
		"[bigipkube/1 shop/web <p>]", "[bigipkube/1 shop/web ]", "[bigipkube/x shop/web]", "[bigipkube/1 shop/web p",
	} {
		_, mark, found, err := binding.ParseMember(text)
		if _, ok := errors.AsType[*binding.SyntaxError](err); !ok || !found || mark != (binding.MemberMark{}) {
			t.Errorf("%q: found %v, %+v, %v", text, found, mark, err)
		}
	}
	if words, _, found, err := binding.ParseMember("web 1"); words != "web 1" || found || err != nil {
		t.Errorf("words %q, found %v, %v", words, found, err)
	}
}

func TestDurationsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Minute: "1m", time.Hour: "1h", 90 * time.Second: "1m30s", 10 * time.Second: "10s", 100 * time.Minute: "1h40m",
		time.Hour + time.Second: "1h0m1s", 10 * time.Minute: "10m", 10 * time.Hour: "10h",
		1500 * time.Millisecond: "1.5s", 20 * time.Millisecond: "20ms", 1500: "1500ns",
	} {
		mark := binding.Mark{Backends: []binding.Backend{{Ref: endpoints.Ref{Namespace: "n", Service: "s"}}}, Drain: d}
		text := binding.Format("", mark)
		if text != "[bigipkube/1 n/s=0 drain="+want+"]" {
			t.Errorf("%v is written as %s", d, text)
		}
		if _, got, _, err := binding.Parse(text); err != nil || got.Drain != d {
			t.Errorf("%s is read as %v, %v", text, got.Drain, err)
		}
	}
}

// name makes a name of up to 6 characters, the grammar's own among them.
func name(r *rand.Rand) string {
	const letters = `ab1-._ /@:,=[]%<>"é` + "\n"
	runes := []rune(letters)
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

func TestAnyNamesAndWordsSurvive(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	maybe := func() string {
		if r.IntN(2) == 0 {
			return ""
		}
		return name(r)
	}
	for range 2000 {
		mark := binding.Mark{Drain: time.Duration(r.Int64N(1e12)), Min: r.IntN(3)}
		names := map[string]bool{}
		for range 1 + r.IntN(4) {
			b := binding.Backend{Name: maybe(), Ref: endpoints.Ref{Cluster: maybe(), Namespace: name(r), Service: name(r), Port: maybe()}, Share: r.IntN(200)}
			if b.Name == b.Ref.Service {
				b.Name = ""
			}
			if !names[b.FullName()] {
				names[b.FullName()] = true
				mark.Backends = append(mark.Backends, b)
			}
		}
		words := maybe()
		text := binding.Format(words, mark)
		if strings.ContainsAny(strings.TrimPrefix(text, words), "<>\"\n") {
			t.Fatalf("%q has text that the device refuses", text)
		}
		gotWords, got, found, err := binding.Parse(text)
		sorted := cmpopts.SortSlices(func(a, b binding.Backend) int { return strings.Compare(a.FullName(), b.FullName()) })
		if diff := cmp.Diff(mark, got, sorted); diff != "" || gotWords != words || !found || err != nil {
			t.Fatalf("%q: words %q, found %v, %v\n%s", text, gotWords, found, err, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "Checkout", binding.Format("Checkout", full), "[bigipkube/2 x]", "a [bigipkube/1 n/s:p,IPv6=1 drain=1h] b",
		"[bigipkube/1 %41/b=1]", "[bigipkube/1 a/b=1][bigipkube/1 c/d=2]",
		"[bigipkube/1 c@shop/(a=b,c=):http,dual,rd2,remove=0]", "[bigipkube/1 vms@(192.0.2.1%2:80,2001:db8::1.80),rd1=5 shop/web,node=1]",
		"[bigipkube/1 api@east/nodes(control-plane,a=b):6443,external=1 all@nodes():1=0]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, mark, found, err := binding.Parse(text)
		switch {
		case !found && (words != text || err != nil):
			t.Errorf("%q has no mark, but words %q, %v", text, words, err)
		case err != nil || !found:
			return
		}
		// What was read is written, and read, as the same.
		again, same, found, err := binding.Parse(binding.Format(words, mark))
		sorted := cmpopts.SortSlices(func(a, b binding.Backend) int { return strings.Compare(a.FullName(), b.FullName()) })
		if diff := cmp.Diff(mark, same, sorted); diff != "" || again != words || !found || err != nil {
			t.Errorf("%q: words %q, found %v, %v\n%s", text, again, found, err, diff)
		}
	})
}

func FuzzParseMember(f *testing.F) {
	for _, seed := range []string{"", "web", "[bigipkube/1 blue@shop/web web-7d9f-x2k4z]", "[bigipkube/1 a/b/c]", "[bigipkube/1 a/b %5B]", "[bigipkube/1 c@a/b/(pods) p]", "[bigipkube/1 c@(addresses)]", "[bigipkube/1 api@east/nodes(control-1)]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, mark, found, err := binding.ParseMember(text)
		if err != nil || !found {
			return
		}
		_, again, found, err := binding.ParseMember(binding.FormatMember(mark))
		if diff := cmp.Diff(mark, again); diff != "" || !found || err != nil {
			t.Errorf("%q: found %v, %v\n%s", text, found, err, diff)
		}
	})
}
