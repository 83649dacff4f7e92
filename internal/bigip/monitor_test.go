package bigip_test

import (
	"errors"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// fullMonitor has something in every field that its type has.
func fullMonitor(kind ltm.MonitorType) ltm.Monitor {
	m := ltm.NewMonitor(kind, ltm.NewPath("shop", "probe"))
	m.Description, m.Destination = "words", ltm.MonitorAlias{Port: 8080}
	m.Interval, m.Timeout, m.TimeUntilUp, m.UpInterval = 10, 31, 5, 20
	m.Send, m.Receive, m.ReceiveDisable = `GET /health HTTP/1.1\r\nHost: x\r\n\r\n`, "200 OK", "503"
	m.Transparent, m.ManualResume = true, true
	if kind != ltm.MonitorTCP {
		m.Username = "probe"
	}
	if kind == ltm.MonitorHTTPS {
		m.SSLProfile = ltm.NewPath("Common", "serverssl")
	}
	return m
}

func (l *lab) wantMonitor(want ltm.Monitor) {
	l.t.Helper()
	got, err := l.Monitor(l.t.Context(), want.Type, want.Path)
	if err != nil || got != want {
		l.t.Errorf("the monitor is %+v, %v, want %+v", got, err, want)
	}
	l.sim.ClearRequests()
}

func TestEveryFieldOfAMonitorIsCreatedChangedAndUnset(t *testing.T) {
	t.Parallel()
	for _, kind := range ltm.MonitorTypes() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			l, ctx := newLab(t), t.Context()
			full, bare := fullMonitor(kind), ltm.NewMonitor(kind, ltm.NewPath("shop", "probe"))
			if err := l.CreateMonitor(ctx, full, bare, ""); err != nil {
				t.Fatal(err)
			}
			collection := "ltm/monitor/" + string(kind)
			l.wantCalls("POST " + collection)
			l.wantMonitor(full)
			if err := l.UpdateMonitor(ctx, changeset.ComputeMonitor(bare, full)); err != nil {
				t.Fatal(err)
			}
			l.wantCalls("PATCH " + collection + "/~shop~probe")
			l.wantMonitor(bare)
			reversed := bare
			reversed.Reverse, reversed.Receive = true, "error"
			reversed.Destination, _ = ltm.ParseMonitorAlias("[2001:db8::1]:8080")
			if err := l.UpdateMonitor(ctx, changeset.ComputeMonitor(reversed, bare)); err != nil {
				t.Fatal(err)
			}
			l.wantMonitor(reversed)
			if err := l.UpdateMonitor(ctx, changeset.ComputeMonitor(bare, bare)); err != nil {
				t.Fatal(err)
			}
			l.wantCalls()
			if err := l.DeleteMonitor(ctx, kind, bare.Path); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Monitor(ctx, kind, bare.Path); !errors.Is(err, engine.ErrNotFound) {
				t.Errorf("after the delete: %v", err)
			}
		})
	}
}

func TestAMonitorGoesOnInheritingWhatItHasInCommonWithItsParent(t *testing.T) {
	t.Parallel()
	l, ctx := newLab(t), t.Context()
	parent := fullMonitor(ltm.MonitorHTTP)
	if err := l.CreateMonitor(ctx, parent, ltm.NewMonitor(ltm.MonitorHTTP, parent.Path), ""); err != nil {
		t.Fatal(err)
	}
	child := parent
	child.Path, child.DefaultsFrom, child.Description, child.Interval = ltm.NewPath("shop", "child"), parent.Path, "", 7
	if err := l.CreateMonitor(ctx, child, parent, ""); err != nil {
		t.Fatal(err)
	}
	l.wantMonitor(child)
	changed := parent
	changed.Interval, changed.Timeout = 9, 40
	if err := l.UpdateMonitor(ctx, changeset.ComputeMonitor(changed, parent)); err != nil {
		t.Fatal(err)
	}
	child.Timeout = 40 // inherited; the interval is its own
	l.wantMonitor(child)
}

func TestAMonitorThatAPoolNeedsIsNotDeleted(t *testing.T) {
	t.Parallel()
	l, ctx := newLab(t), t.Context()
	m := ltm.NewMonitor(ltm.MonitorTCP, ltm.NewPath("shop", "probe"))
	if err := l.CreateMonitor(ctx, m, m, ""); err != nil {
		t.Fatal(err)
	}
	p := pool(t)
	p.Monitors.Monitors = []ltm.Path{m.Path}
	l.create(p)
	err := l.DeleteMonitor(ctx, m.Type, m.Path)
	if failure, ok := errors.AsType[*engine.DeviceError](err); !ok || !errors.Is(err, engine.ErrInUse) || failure.Said == "" {
		t.Errorf("got %v", err)
	}
	m.Path.Folder = "nowhere"
	if err := l.CreateMonitor(ctx, m, m, ""); !errors.Is(err, engine.ErrNoPartition) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}

func TestAMonitorsPasswordIsSetAndTakenAway(t *testing.T) {
	t.Parallel()
	l, ctx := newLab(t), t.Context()
	m := ltm.NewMonitor(ltm.MonitorHTTP, ltm.NewPath("shop", "probe"))
	if err := l.CreateMonitor(ctx, m, m, ""); err != nil {
		t.Fatal(err)
	}
	l.sim.ClearRequests()
	for _, password := range []ltm.Secret{"swordfish", ""} {
		if err := l.UpdateMonitor(ctx, changeset.MonitorChange{From: m, To: m, Password: &password}); err != nil {
			t.Fatal(err)
		}
		l.wantCalls("PATCH ltm/monitor/http/~shop~probe")
		if has := l.get("ltm/monitor/http/~shop~probe")["password"] != nil; has != (password != "") {
			t.Errorf("the device has a password: %t", has)
		}
	}
}
