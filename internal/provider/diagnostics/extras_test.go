package diagnostics_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// whole compares a diagnostic with all that a user reads.
func whole(t *testing.T, got diag.Diagnostic, want string) {
	t.Helper()
	if diff := cmp.Diff(want, text(got)); diff != "" {
		t.Error(diff)
	}
}

func TestWarningsOfMovedTrafficAreOneSentence(t *testing.T) {
	t.Parallel()
	whole(t, diagnostics.SharesMove("shop", []diagnostics.ShareMove{{Backend: "blue", From: 100}, {Backend: "green", To: 100}},
		[]diagnostics.Readiness{{Backend: "green", Available: 4, Of: 5}}),
		"Warning at traffic: Live traffic moves\n\nshop: blue 100% -> 0%, green 0% -> 100%, 4 of 5 green members available")
	whole(t, diagnostics.SharesMove("shop", []diagnostics.ShareMove{{Backend: "blue", From: 90, To: 100}}, nil),
		"Warning at traffic: Live traffic moves\n\nshop: blue 90% -> 100%")
	whole(t, diagnostics.PoolMoves("shop", "/shop/blue", "/shop/green", []diagnostics.Readiness{{Available: 1, Of: 1}}),
		"Warning at pool: Live traffic moves\n\nshop: pool /shop/blue -> /shop/green, 1 of 1 member available")
	whole(t, diagnostics.PoolMoves("shop", "/shop/blue", "", nil),
		"Warning at pool: Live traffic moves\n\nshop: pool /shop/blue -> none")
}

func TestErrorsOfImportsAndMovesTellTheWayOut(t *testing.T) {
	t.Parallel()
	whole(t, diagnostics.OtherDevice("pool", "web", "east", "west"),
		"Error: Unable to import pool web\n\nIts identity says the device east, and this provider is for west. Nothing was imported.\n\n"+
			"Use the provider of that device (`provider = bigipkube.ALIAS`), or leave `device` out. "+
			"A device is named by the provider's `device_name`, and without it by its address.")
	const form = "\n\n`name` is the name alone, such as web; `folder` has no slash at its ends, such as sub or sub/deeper."
	whole(t, diagnostics.InvalidIdentity("pool", "/shop//shop/web", errors.New("an element is empty")),
		"Error: Unable to import pool /shop//shop/web\n\nan element is empty."+form)
	whole(t, diagnostics.InvalidIdentity("pool", "/shop/sub/web", nil),
		"Error: Unable to import pool /shop/sub/web\n\n\"/shop/sub/web\" is not the path of an object."+form)
	whole(t, diagnostics.MovedWithoutName("bigip_ltm_pool", "web"),
		"Error: Unable to move bigip_ltm_pool\n\nIts state has the name \"web\", which is no full path.\n\n"+
			"Import the object instead: its id is the full path, such as /Common/web.")
	whole(t, diagnostics.MovedMonitorType("/shop/ping", "gateway-icmp", []string{"http", "tcp"}),
		"Error: Unable to move bigip_ltm_monitor /shop/ping\n\nIts type is \"gateway-icmp\"; bigipkube_monitor has the types http and tcp.\n\n"+
			"Leave it with F5's provider: a pool refers to a monitor by its full path, whoever manages it.")
}

func TestActionsTellTheirProgress(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"draining /shop/shop: 30 connections left":                diagnostics.DrainingLine("/shop/shop", 30),
		"draining /shop/shop: 1 connection left":                  diagnostics.DrainingLine("/shop/shop", 1),
		"/shop/shop: 3 members disabled, 0 connections left":      diagnostics.DrainedLine("/shop/shop", engine.Drained{Members: 3}, false),
		"/shop/shop: 1 member forced offline, 2 connections left": diagnostics.DrainedLine("/shop/shop", engine.Drained{Members: 1, Open: 2}, true),
		"saving the configuration of BIG-IP bigip.example":        diagnostics.SavingLine("bigip.example"),
		"saved the configuration of BIG-IP bigip.example in 3.2s": diagnostics.SavedLine("bigip.example", 3180*time.Millisecond),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestErrorsOfADrainSayWhatIsLeft(t *testing.T) {
	t.Parallel()
	one := func(err error) diag.Diagnostic {
		diags := diagnostics.FromDrain(err)
		if len(diags) != 1 {
			t.Fatalf("%v has %d diagnostics", err, len(diags))
		}
		return diags[0]
	}
	noBackend := &engine.NoBackendError{Object: "pool /shop/shop", Device: "192.0.2.1:443", Backend: "red", Backends: []string{"blue", "green"}}
	whole(t, one(noBackend), "Error at backend: Unable to drain pool /shop/shop\n\nIt has no member of a backend \"red\" on BIG-IP 192.0.2.1:443. Nothing was changed.\n\n"+
		"It has members of blue and green.\n\nCorrect the name, or leave `backend` out to drain the whole pool.")
	noBackend.Backends = nil
	whole(t, one(noBackend), "Error at backend: Unable to drain pool /shop/shop\n\nIt has no member of a backend \"red\" on BIG-IP 192.0.2.1:443. Nothing was changed.\n\n"+
		"None of its members belongs to a backend.\n\nCorrect the name, or leave `backend` out to drain the whole pool.")
	whole(t, one(&engine.NobodyLeftError{Object: "pool /shop/shop", Device: "192.0.2.1:443", VirtualServers: []ltm.Path{ltm.NewPath("shop", "a"), ltm.NewPath("shop", "b")}}),
		"Error: Unable to drain pool /shop/shop\n\nNo member of it would take new connections any more, and on BIG-IP 192.0.2.1:443 it serves /shop/a, /shop/b. Nothing was changed.\n\n"+
			"Give the virtual server another pool first, or set `allow_none = true`.")
	whole(t, diagnostics.NotDrained(engine.DrainGoal{Pool: ltm.NewPath("shop", "shop"), Deadline: 2 * time.Minute, Remain: 1}, engine.Drained{Open: 7}, "192.0.2.1:443"),
		"Error at deadline: Unable to drain pool /shop/shop in time\n\nAfter 2m, 7 connections are left on BIG-IP 192.0.2.1:443; 1 may be.\n\n"+
			"The members are disabled: they get no new clients, and keep those that they have.\n\n"+
			"Invoke the action again, with a longer `deadline` or with `force_offline = true`, or allow more in `connections_allowed`.")
	if got := one(device(engine.ErrForbidden, "update", "")); got.Summary() != "Unable to update pool /shop/web" {
		t.Errorf("any other error is %q", got.Summary())
	}
}

func TestATimeoutThatIsTooLongIsSaidWithBothTimes(t *testing.T) {
	t.Parallel()
	whole(t, diagnostics.TimeoutNotBelowShutdown(16*time.Second, 10*time.Second),
		"Warning at timeout: Timeout is not below shutdown_delay\n\nA server that stops fails its probes and serves for 10s more. "+
			"The monitor takes up to 16s to call its member down, so that new connections may still go to a server that is gone.\n\n"+
			"Set `timeout` (and `interval`) below 10s, or raise the delay of the servers and `shutdown_delay` with it.")
}
