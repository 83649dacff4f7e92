package reconciler

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	first  = "192.0.2.1:8080 user-enabled"
	second = "192.0.2.2:8080 user-enabled"
)

func TestAHelperFollowsWhatAPoolIsBoundToUntilItIsStopped(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	l.bind("shop", "web", "vms@(192.0.2.1:8080)=1")
	helper := l.start(l.options("shop"))
	l.await("shop", "web", first)

	l.rest(http.MethodPatch, "ltm/pool/~shop~web", map[string]any{"description": "[bigipkube/1 vms@(192.0.2.1:8080,192.0.2.2:8080)=1]"})
	l.await("shop", "web", first, second)
	l.bind("shop", "later", "vms@(192.0.2.1:8080)=1")
	l.await("shop", "later", first)

	if took := helper.end(); took > time.Second {
		t.Errorf("it took %s to end", took)
	}
	logins, logouts := 0, 0
	for _, r := range l.sim.Requests() {
		switch {
		case strings.HasPrefix(r.Path, "/mgmt/shared/authn/login"):
			logins++
		case strings.HasPrefix(r.Path, "/mgmt/shared/authz/tokens") && r.Method == http.MethodDelete:
			logouts++
		}
	}
	if logins != 1 || logouts != 1 {
		t.Errorf("%d logins and %d logouts", logins, logouts)
	}
}

func TestAMemberThatSomebodyChangedIsRepairedByTheNextComparison(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	l.bind("shop", "web", "vms@(192.0.2.1:8080,192.0.2.2:8080)=1")
	o := l.options("shop")
	o.Resync = time.Second
	helper := l.start(o)
	l.await("shop", "web", first, second)
	l.rest(http.MethodPatch, "ltm/pool/~shop~web/members/~shop~192.0.2.1:8080", map[string]any{"session": "user-disabled"})
	l.await("shop", "web", first, second)
	eventually(t, func() bool { return strings.Contains(helper.log.String(), "msg=drift") }, func() string { return "drift is not logged" })
	l.rest(http.MethodPost, "ltm/pool/~shop~web/members", map[string]any{"name": "192.0.2.9:80"})
	l.rest(http.MethodDelete, "ltm/pool/~shop~web/members/~shop~192.0.2.2:8080", nil)
	l.await("shop", "web", first, second, "192.0.2.9:80 user-enabled")
}

func TestOnceSyncsEveryPoolAndTells(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop", "pay")
	l.bind("shop", "web", "vms@(192.0.2.1:8080,192.0.2.2:8080)=1")
	l.bind("pay", "web", "vms@(192.0.2.3:8080)=1") // an address is a node of one partition
	o := l.options("shop", "pay")
	o.Once = true
	output, log, err := l.run(o)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if want := "/pay/web: 1 change written, 0 held, 0 draining\n/shop/web: 2 changes written, 0 held, 0 draining\n2 pools, 0 failed\n"; output != want {
		t.Errorf("it prints\n%s", output)
	}
	l.await("shop", "web", first, second)
	l.await("pay", "web", "192.0.2.3:8080 user-enabled")

	l.bind("shop", "later", "what/ever=x")
	output, _, err = l.run(o)
	if err == nil || !strings.Contains(err.Error(), "pool /shop/later: ") || !strings.Contains(output, "/shop/web: 0 changes written") || !strings.Contains(output, "3 pools, 1 failed\n") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestADryRunPrintsWhatWouldBeWrittenAndWritesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	l.bind("shop", "web", "vms@(192.0.2.1:8080)=1")
	l.bind("shop", "old", "delete")
	l.sim.ClearRequests()
	o := l.options("shop")
	o.DryRun = true
	output, log, err := l.run(o)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	var got []struct {
		Pool   string
		Writes []struct {
			Pool string
			Add  []struct{ Key string }
		}
		Held, Draining []any
	}
	if err := json.Unmarshal([]byte(output), &got); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if len(got) != 2 || got[1].Pool != "/shop/web" || len(got[1].Writes) != 1 || len(got[1].Writes[0].Add) != 1 || got[1].Held == nil || got[0].Writes == nil {
		t.Errorf("it prints %s", output)
	}
	if writes := l.writes(); len(writes) != 0 {
		t.Errorf("it writes: %v", writes)
	}
}

func TestADeviceThatIsNotThereFailsAtOnceWithOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	o := l.options("nowhere")
	o.Once = true
	if _, _, err := l.run(o); err == nil || !strings.Contains(err.Error(), "partition does not exist") {
		t.Errorf("%v", err)
	}
	o = l.options("shop")
	o.Device.Username = "nobody"
	o.Once = true
	if _, _, err := l.run(o); err == nil || !strings.Contains(err.Error(), "credentials are refused") {
		t.Errorf("%v", err)
	}
}

func TestWhatIsPendingIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	pending := &PendingError{Held: 2, Draining: 1}
	if got := ending(nil, []outcome{{}, {}}, 0); got != nil {
		t.Errorf("nothing is pending: %v", got)
	}
	if diff := cmp.Diff("2 members held, 1 member draining", pending.Error()); diff != "" {
		t.Error(diff)
	}
	if got := ending([]error{errors.New("failed")}, nil, 0); got == nil || got.Error() != "failed" {
		t.Errorf("a failure: %v", got)
	}
}
