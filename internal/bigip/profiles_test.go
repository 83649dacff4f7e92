package bigip_test

import (
	"slices"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestProfilesAreFoundByTheirTypeWhateverElseIsAskedFor(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	at := func(names ...string) (paths []ltm.Path) {
		for _, name := range names {
			paths = append(paths, ltm.NewPath(ltm.Common, name))
		}
		return paths
	}
	all := at("tcp", "http", "serverssl", "clientssl", "nothing", "f5-tcp-lan")
	for kind, want := range map[ltm.ProfileType][]ltm.Path{
		ltm.ProfileTCP: at("f5-tcp-lan", "tcp"), ltm.ProfileHTTP: at("http"), ltm.ProfileServerSSL: at("serverssl"),
	} {
		if got, err := l.ProfilesOf(t.Context(), kind, all); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", kind, got, err, want)
		}
	}
	if got, err := l.ProfilesOf(t.Context(), ltm.ProfileTCP, at("tcp", "http")); err != nil || !slices.Equal(got, at("tcp")) {
		t.Errorf("one by one: %v, %v", got, err)
	}
}
