package bigip_test

import (
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestASiteIsMadeChangedAndDeletedInOneTransactionEach(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	want, pairs := wholeSite(t)
	if live := l.site(want); !changeset.ComputeSite(ltm.Site{}, live).Empty() {
		t.Fatalf("there is %+v", live)
	}
	l.applySite(want, pairs)
	l.wantSite(want)
}
