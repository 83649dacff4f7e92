package reconciler

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestASyncIsOneEventForEachKindAndService(t *testing.T) {
	t.Parallel()
	web := ltm.NewPath("shop", "web")
	left := member("10.244.0.5:8080", ltm.Enabled)
	disabled := left
	disabled.Session = ltm.Disabled
	enabled := member("10.244.0.6:8080", ltm.Disabled)
	east := member("10.245.0.1:8080", ltm.ForcedOffline)
	east.Description = "[bigipkube/1 web@east/shop/web web-e]"
	byHand, selected := ltm.NewMember(key("10.0.0.1:80")), ltm.NewMember(key("10.0.0.2:80"))
	selected.Description = "[bigipkube/1 canary@shop/(pods) web-x]"
	report := engine.FollowReport{
		Backends: []engine.Backend{{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}}},
		Pool:     ltm.Pool{Members: []ltm.Member{disabled, enabled}},
		Written: []changeset.ChangeSet{
			{Add: []ltm.Member{member("10.244.0.1:8080", ltm.Enabled), member("10.244.0.2:8080", ltm.Enabled), member("10.244.0.3:8080", ltm.Enabled), member("10.244.0.4:8080", ltm.Enabled), selected}},
			{Modify: []changeset.MemberChange{{From: left, To: disabled}, {From: enabled, To: left}}},
			{Remove: []ltm.Member{east, byHand}},
		},
		Draining: []follow.Drain{{Key: left.Key}},
		Held:     []follow.Held{{Key: enabled.Key, Reason: follow.Many}},
	}
	here := service{namespace: "shop", name: "web"}
	want := []event{
		{service{"east", "shop", "web"}, memberRemoved, "1 member removed from pool /shop/web on bigip: 10.245.0.1:8080 (web-e)", false, nil},
		{here, memberAdded, "4 members added to pool /shop/web on bigip: 10.244.0.1:8080 (web-1), 10.244.0.2:8080 (web-2), 10.244.0.3:8080 (web-3) …", false, nil},
		{here, memberDraining, "1 member without new clients in pool /shop/web on bigip: 10.244.0.5:8080 (web-5)", false, nil},
		{here, memberHeld, "1 member held in service in pool /shop/web on bigip: 10.244.0.6:8080 (web-6): too-many-at-once", true, nil},
	}
	same := cmp.AllowUnexported(event{}, service{})
	got := eventsOf(web, "bigip", report, "", nil)
	byText := cmpopts.SortSlices(func(a, b event) bool { return a.text < b.text })
	if diff := cmp.Diff(want, got, same, byText); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	report.Written = nil
	if got := eventsOf(web, "bigip", report, "10.244.0.6:8080 too-many-at-once", nil); len(got) != 0 {
		t.Errorf("what is still held is told again: %v", got)
	}
	want = []event{{here, syncFailed, "pool /shop/web on bigip cannot be synced: update pool /shop/web on bigip: refused: 01070333", true, nil}}
	if diff := cmp.Diff(want, eventsOf(web, "bigip", report, "", refused()), same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
