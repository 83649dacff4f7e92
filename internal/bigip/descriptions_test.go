package bigip_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// aMark is a mark of two backends, as long as they are in practice.
const aMark = "Checkout [bigipkube/1 canary@east/shop/web-canary:http=10 stable@east/shop/web-stable:http=90 drain=1m min=2]"

// describe writes a pool's description.
func (l *lab) describe(path ltm.Path, text string) {
	l.t.Helper()
	change := changeset.ChangeSet{Pool: path, Settings: []changeset.Setting{{Name: "description", To: text}}}
	if err := l.ApplyPool(l.t.Context(), change); err != nil {
		l.t.Fatal(err)
	}
	l.sim.ClearRequests()
}

// received is what the device has sent since the last look, in bytes.
func (l *lab) received() (bytes int64) {
	l.t.Helper()
	for _, r := range l.sim.Requests() {
		bytes += r.BytesOut
	}
	return bytes
}

func TestTheDescriptionOfAPoolIsReadWithoutTheRestOfIt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	path := l.many(1, 50)[0]
	l.describe(path, aMark)
	got, err := l.PoolDescription(t.Context(), path)
	if err != nil || got != aMark {
		t.Errorf("%q, %v", got, err)
	}
	if bytes := l.received(); bytes > 250 {
		t.Errorf("%d bytes for a description of %d", bytes, len(aMark))
	}
	l.wantCalls("GET ltm/pool/~shop~shop-0")
	if _, err := l.PoolDescription(t.Context(), web); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTheDescriptionsOfAPartitionAreOneRequestForFiveHundredPools(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.post("sys/folder", `{"name":"inner","partition":"shop"}`)
	inner := ltm.Path{Partition: "shop", Folder: "inner", Name: "web"}
	l.create(ltm.NewPool(inner))
	l.describe(inner, aMark)
	other := ltm.NewPool(ltm.NewPath("Common", "other"))
	l.create(other)
	want := map[ltm.Path]string{inner: aMark}
	for i, path := range l.many(520, 1) {
		want[path] = ""
		if i%100 == 0 {
			want[path] = fmt.Sprint("words ", i)
			l.describe(path, want[path])
		}
	}
	l.sim.ClearRequests()
	got, err := l.PoolDescriptions(t.Context(), "shop")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v -want +got\n%s", err, diff)
	}
	if each := l.received() / 521; each > 100 {
		t.Errorf("%d bytes for each pool", each)
	}
	l.wantCalls("GET ltm/pool", "GET ltm/pool")
	if _, err := l.PoolDescriptions(t.Context(), "nowhere"); !errors.Is(err, engine.ErrNoPartition) {
		t.Errorf("got %v", err)
	}
}
