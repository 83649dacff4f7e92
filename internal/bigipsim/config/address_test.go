package config

import "testing"

func FuzzSplitMemberName(f *testing.F) {
	for _, seed := range []string{"10.0.0.1:80", "2001:db8::1.80", "10.0.0.1%2:http", "any6.0", "web-1:443", ":80", "::.", "1.2.3.4", "a:b:c", "_auto_10.0.0.1:80", "_auto_::1.443"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		node, port, ok := SplitMemberName(name)
		if !ok {
			return
		}
		again, port2, ok := SplitMemberName(MemberName(node, port))
		if !ok || again != node || port2 != port {
			t.Errorf("%q: %q %d, again %q %d %v", name, node, port, again, port2, ok)
		}
	})
}

func TestMonitorRulesComeBackInCanonicalForm(t *testing.T) {
	t.Parallel()
	f := &Field{Name: "monitor", Kind: Monitor}
	for _, test := range []struct {
		written string
		want    any
		atLeast int
		paths   int
	}{
		{"/Common/http", "/Common/http", 0, 1},
		{" http  and /P/x ", "/Common/http and /P/x", 0, 2},
		{"min 1 of /Common/http /P/x", "min 1 of { /Common/http /P/x }", 1, 2},
		{"min 2 of http and tcp", "min 2 of { /Common/http /Common/tcp }", 2, 2},
		{"default", "default", 0, 0},
		{"/Common/none", "/Common/none", 0, 0},
		{"none", nil, 0, 0},
		{"", nil, 0, 0},
	} {
		got, err := f.canonical(test.written)
		if err != nil || got != test.want {
			t.Errorf("%q: %v %v", test.written, got, err)
			continue
		}
		text, _ := got.(string)
		if rule := ParseMonitorRule(text); rule.AtLeast != test.atLeast || len(rule.Paths) != test.paths {
			t.Errorf("%q: %+v", test.written, rule)
		}
	}
	for _, wrong := range []string{"a b", "a and", "and a", "min 3 of a b", "min x of a", "min 1 of { a b }", "{ a }"} {
		if got, err := f.canonical(wrong); err == nil {
			t.Errorf("%q was taken as %v", wrong, got)
		}
	}
}

func FuzzSourcesAndMasksAreNormalForms(f *testing.F) {
	for _, text := range []string{"", "10.0.0.1", "10.0.0.0/8", "10.0.0.1%2/32", "::/0", "2001:DB8::/32", "any", "0", "/24", "255.255.0.0", "ffff::", "0::"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, six bool) {
		host := map[bool]string{false: "10.0.0.1", true: "2001:db8::1"}[six]
		if source, ok := canonicalSource(text, host); ok {
			if again, ok := canonicalSource(source, host); !ok || again != source {
				t.Errorf("source %q: %q, then %q %t", text, source, again, ok)
			}
		}
		if mask, ok := canonicalMask(text, host); ok {
			if again, ok := canonicalMask(mask, host); !ok || again != mask {
				t.Errorf("mask %q: %q, then %q %t", text, mask, again, ok)
			}
		}
	})
}
