package bigipsim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSlowRampIsThePoolsOnlyIfAskedFor(t *testing.T) {
	t.Parallel()
	for asked, want := range map[bool]time.Duration{true: 10 * time.Second, false: 0} {
		s, err := New(Options{PlainHTTP: true, SlowRamp: asked})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close(t.Context()) })
		r := httptest.NewRequest(http.MethodPost, "/mgmt/tm/ltm/pool", strings.NewReader(`{"name":"p","partition":"Common"}`))
		r.SetBasicAuth("admin", "admin")
		w := httptest.NewRecorder()
		s.gate.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
		pools := s.translator.translate(s.db.State()).Pools
		if len(pools) != 1 || pools[0].SlowRamp != want {
			t.Errorf("SlowRamp %t: %+v, want %v", asked, pools, want)
		}
	}
}
