package bigip_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// kinds are all of the engine's, to see that an error is of one only.
var kinds = []error{
	engine.ErrNotFound, engine.ErrExists, engine.ErrInUse, engine.ErrNoPartition, engine.ErrCredentials, engine.ErrForbidden,
	engine.ErrUnreachable, engine.ErrCertificate, engine.ErrBusy, engine.ErrRefused, engine.ErrStandby,
}

func wantError(t *testing.T, err, kind error, verb, object, device string) *engine.DeviceError {
	t.Helper()
	failure, ok := errors.AsType[*engine.DeviceError](err)
	if !ok {
		t.Fatalf("error %v, want a device error", err)
	}
	for _, k := range kinds {
		if errors.Is(err, k) != errors.Is(kind, k) {
			t.Errorf("error %q: is %q: %t", err, k, errors.Is(err, k))
		}
	}
	if failure.Verb != verb || failure.Object != object || failure.Device != device {
		t.Errorf("%q %q on %q; want %q %q on %q", failure.Verb, failure.Object, failure.Device, verb, object, device)
	}
	return failure
}

func TestARefusalIsToldByItsKindAndInTheDevicesWords(t *testing.T) {
	t.Parallel()
	nowhere := ltm.NewPath("nowhere", "web")
	missing := ltm.NewPath("shop", "missing")
	poolAt := ltm.NewPool
	tests := []struct {
		name         string
		do           func(t *testing.T, l *lab) error
		kind         error
		verb, object string
		said         string // part of it; "" for anything
	}{
		{
			"read a pool that is not there", func(t *testing.T, l *lab) error { _, err := l.Pool(t.Context(), missing); return err },
			engine.ErrNotFound, "read", "pool /shop/missing", "(01020036)",
		},
		{
			"create a pool that is there", func(t *testing.T, l *lab) error { return l.CreatePool(t.Context(), pool(t)) },
			engine.ErrExists, "create", "pool /shop/web", "(01020066)",
		},
		{
			"create a pool in a partition that is not there", func(t *testing.T, l *lab) error { return l.CreatePool(t.Context(), poolAt(nowhere)) },
			engine.ErrNoPartition, "create", "pool /nowhere/web", "",
		},
		{
			"create a pool with members in a partition that is not there",
			func(t *testing.T, l *lab) error {
				p := poolAt(nowhere)
				p.Members = []ltm.Member{member(t, "10.0.0.1:80")}
				return l.CreatePool(t.Context(), p)
			},
			engine.ErrNoPartition, "create", "pool /nowhere/web", "",
		},
		{
			"create a pool in a folder that is not there",
			func(t *testing.T, l *lab) error {
				return l.CreatePool(t.Context(), poolAt(ltm.Path{Partition: "shop", Folder: "sub", Name: "web"}))
			},
			engine.ErrNoPartition, "create", "pool /shop/sub/web", "",
		},
		{
			"create a pool with a monitor that is not there",
			func(t *testing.T, l *lab) error {
				p := poolAt(missing)
				p.Monitors = ltm.MonitorRule{Monitors: []ltm.Path{missing}}
				return l.CreatePool(t.Context(), p)
			},
			engine.ErrRefused, "create", "pool /shop/missing", "missing",
		},
		{
			"update a pool that is not there",
			func(t *testing.T, l *lab) error {
				return l.ApplyPool(t.Context(), changeset.ChangeSet{Pool: missing, Add: []ltm.Member{member(t, "10.0.0.1:80")}})
			},
			engine.ErrNotFound, "update", "pool /shop/missing", "",
		},
		{
			"update a pool with a monitor that is not there",
			func(t *testing.T, l *lab) error {
				return l.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Settings: []changeset.Setting{
					{Name: "monitors", To: ltm.MonitorRule{Monitors: []ltm.Path{missing}}},
				}})
			},
			engine.ErrRefused, "update", "pool /shop/web", "missing",
		},
		{
			"add a member that is there",
			func(t *testing.T, l *lab) error {
				return l.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Add: []ltm.Member{member(t, "10.0.0.1:80")}})
			},
			engine.ErrExists, "update", "pool /shop/web", "(01020066)",
		},
		{
			"a word that the device does not know",
			func(t *testing.T, l *lab) error {
				return l.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Settings: []changeset.Setting{{Name: "load_balancing_mode", To: "fair"}}})
			},
			engine.ErrRefused, "update", "pool /shop/web", "fair",
		},
		{
			"delete a pool that a virtual server uses", func(t *testing.T, l *lab) error { return l.DeletePool(t.Context(), web) },
			engine.ErrInUse, "delete", "pool /shop/web", "(01070265)",
		},
		{
			"delete a pool that is not there", func(t *testing.T, l *lab) error { return l.DeletePool(t.Context(), missing) },
			engine.ErrNotFound, "read", "pool /shop/missing", "",
		},
		{
			"create a virtual server on a pool that is not there",
			func(t *testing.T, l *lab) error {
				vs := l.virtualServer()
				vs.Path, vs.Pool, vs.Destination.Port = missing, missing, 81
				return l.CreateVirtualServer(t.Context(), vs)
			},
			engine.ErrRefused, "create", "virtual server /shop/missing", "missing",
		},
		{
			"create a virtual server on a destination that is taken",
			func(t *testing.T, l *lab) error {
				vs := l.virtualServer()
				vs.Path = missing
				return l.CreateVirtualServer(t.Context(), vs)
			},
			engine.ErrRefused, "create", "virtual server /shop/missing", "(01070333)",
		},
		{
			"switch a virtual server to a pool that is not there",
			func(t *testing.T, l *lab) error {
				vs := l.virtualServer()
				vs.Pool = missing
				return l.UpdateVirtualServer(t.Context(), changeset.ComputeVirtualServer(vs, l.virtualServer()))
			},
			engine.ErrRefused, "update", "virtual server /shop/web", "missing",
		},
		{
			"update a virtual server that is not there",
			func(t *testing.T, l *lab) error {
				from, to := l.virtualServer(), l.virtualServer()
				from.Path, to.Path, to.Description = missing, missing, "new"
				return l.UpdateVirtualServer(t.Context(), changeset.ComputeVirtualServer(to, from))
			},
			engine.ErrNotFound, "update", "virtual server /shop/missing", "",
		},
		{
			"delete a virtual server that is not there", func(t *testing.T, l *lab) error { return l.DeleteVirtualServer(t.Context(), missing) },
			engine.ErrNotFound, "delete", "virtual server /shop/missing", "",
		},
		{
			"a device that stays busy",
			func(t *testing.T, l *lab) error {
				if err := l.sim.SetFaults([]control.Fault{{Path: "ltm/pool", Status: 503, Body: `{"code":503,"message":"There is an active asynchronous task executing.","errorStack":[],"apiError":32964609}`}}); err != nil {
					t.Fatal(err)
				}
				device, _ := l.login("admin", "admin", givesUpSoon)
				_, err := device.Pool(t.Context(), web)
				return err
			},
			engine.ErrBusy, "read", "pool /shop/web", "asynchronous task",
		},
		{
			"a wrong password",
			func(t *testing.T, l *lab) error {
				device, _ := l.login("admin", "wrong")
				_, err := device.Pool(t.Context(), web)
				return err
			},
			engine.ErrCredentials, "read", "pool /shop/web", "Authentication",
		},
		{
			"a role that may only read",
			func(t *testing.T, l *lab) error {
				device, _ := l.login("guest", "guest")
				return device.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Settings: []changeset.Setting{{Name: "slow_ramp_time", To: 0}}})
			},
			engine.ErrForbidden, "update", "pool /shop/web", "",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, bigipsim.User{Name: "guest", Password: "guest", Role: bigipsim.RoleGuest})
			l.create(pool(t, member(t, "10.0.0.1:80")))
			if err := l.CreateVirtualServer(t.Context(), l.virtualServer()); err != nil {
				t.Fatal(err)
			}
			failure := wantError(t, tc.do(t, l), tc.kind, tc.verb, tc.object, "lab")
			if !strings.Contains(failure.Said, tc.said) || failure.Said == "" {
				t.Errorf("the device said %q, want %q in it", failure.Said, tc.said)
			}
		})
	}
}

func TestADeviceThatCannotBeTrustedOrReachedIsToldApart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	nobody := refusing(t)
	for address, kind := range map[string]error{l.sim.ManagementURL(): engine.ErrCertificate, nobody: engine.ErrUnreachable} {
		client, err := icontrol.New(icontrol.Config{Address: address, Username: "admin", Password: "admin"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = bigip.New(client, "", nil).Pool(t.Context(), web)
		failure, ok := errors.AsType[*engine.DeviceError](err)
		if !ok || !errors.Is(err, kind) || failure.Said != "" || failure.Device != strings.TrimPrefix(address, "https://") {
			t.Errorf("%s: error %v, want %v", address, err, kind)
		}
	}
}

// refusing is an address where nobody listens. Its port is taken by the client of a
// connection: a port that is only free may become that of the next listener.
func refusing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = listener.Close()
	})
	return conn.LocalAddr().String()
}

func TestAChangeThatTheDeviceDoesNotConfirmIsUnreachableWhateverItSays(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t))
	if err := l.sim.SetFaults([]control.Fault{{
		Method: "PATCH", Path: "ltm/pool", Status: 500, ContentType: "text/html", Body: "<title>Error 500 AsyncContext timeout</title>",
	}}); err != nil {
		t.Fatal(err)
	}
	err := l.ApplyPool(t.Context(), changeset.ChangeSet{Pool: web, Settings: []changeset.Setting{{Name: "slow_ramp_time", To: 0}}})
	failure := wantError(t, err, engine.ErrUnreachable, "update", "pool /shop/web", "lab")
	if _, lost := errors.AsType[*icontrol.LostAnswerError](err); !lost || failure.Said != "Error 500 AsyncContext timeout" {
		t.Errorf("error %v, said %q", err, failure.Said)
	}
}

func TestTheEndOfTheContextIsFoundInTheError(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if err := l.sim.SetFaults([]control.Fault{{Path: "ltm/pool", Delay: "1m"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := l.Pool(ctx, web)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, engine.ErrUnreachable) {
		t.Errorf("error %v, want the deadline", err)
	}
	l.sim.ClearFaults()
}

func TestSaveAndCloseAreOneRequestEach(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if err := l.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("POST sys/config")
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if calls := l.calls(); len(calls) != 1 || !strings.HasPrefix(calls[0], "DELETE /mgmt/shared/authz/tokens/") {
		t.Errorf("requests %v", calls)
	}
}

func TestAWriteThatSomebodyWasFasterThanIsToldFromARefusal(t *testing.T) {
	t.Parallel()
	missing := ltm.NewPath("shop", "missing")
	off := func(text string) changeset.MemberChange {
		m := member(t, text)
		to := m
		to.Session = ltm.Disabled
		return changeset.MemberChange{From: m, To: to}
	}
	here := off("10.0.0.1:80")
	unmonitored := changeset.MemberChange{From: here.From, To: member(t, "10.0.0.1:80", monitored(ltm.OwnMonitors(ltm.MonitorRule{Monitors: []ltm.Path{missing}})))}
	for _, tt := range []struct {
		name   string
		change changeset.ChangeSet
		kind   error
		raced  bool
	}{
		{"a member that is gone", changeset.ChangeSet{Pool: web, Modify: []changeset.MemberChange{off("10.0.0.2:80")}}, engine.ErrRefused, true},
		{"two, and one of them is gone", changeset.ChangeSet{Pool: web, Modify: []changeset.MemberChange{here, off("10.0.0.2:80")}}, engine.ErrRefused, true},
		{"a member that is there already", changeset.ChangeSet{Pool: web, Add: []ltm.Member{here.From}}, engine.ErrExists, true},
		{"two, and one of them is there already", changeset.ChangeSet{Pool: web, Add: []ltm.Member{here.From, member(t, "10.0.0.2:80")}}, engine.ErrExists, true},
		{"a monitor that is not there", changeset.ChangeSet{Pool: web, Modify: []changeset.MemberChange{unmonitored}}, engine.ErrRefused, false},
		{"a member of a pool that is gone", changeset.ChangeSet{Pool: missing, Modify: []changeset.MemberChange{here}}, engine.ErrNotFound, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.create(pool(t, here.From))
			err := l.ApplyPool(t.Context(), tt.change)
			failure, ok := errors.AsType[*engine.DeviceError](err)
			if !ok || !errors.Is(err, tt.kind) || failure.Raced != tt.raced || failure.Unsure {
				t.Errorf("got %#v", err)
			}
			l.wantPool(pool(t, here.From))
		})
	}
}
