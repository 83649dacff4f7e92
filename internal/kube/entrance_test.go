package kube

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAClusterIsReachedWhereItsServerSaysUnlessThatIsThisMachine(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"https://203.0.113.20:6443":              "[203.0.113.20:6443]",
		"https://203.0.113.20":                   "[203.0.113.20:443]",
		"https://203.0.113.20/k8s/clusters/c-m1": "[203.0.113.20:443]",
		"http://203.0.113.20":                    "[203.0.113.20:80]",
		"https://[2001:db8::20]:6443":            "[[2001:db8::20]:6443]",
		"https://[::ffff:203.0.113.20]:6443":     "[203.0.113.20:6443]",
		"https://127.0.0.1:6443":                 "[]",
		"https://localhost:6443":                 "[]",
		"https://no-such-host.invalid:6443":      "[]",
	} {
		source, err := New(Config{Host: server}, Options{})
		check(t, err)
		found := NewClusters(map[string]*Source{"east": source}).Entrances(t.Context())
		if len(found) != 1 || found[0].Cluster != "east" || found[0].Server != server {
			t.Fatalf("%s: %+v", server, found)
		}
		if diff := cmp.Diff(want, fmt.Sprint(found[0].At)); diff != "" {
			t.Errorf("%s: -want +got\n%s", server, diff)
		}
	}
}
