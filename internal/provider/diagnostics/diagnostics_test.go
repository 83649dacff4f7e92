package diagnostics_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// text is a diagnostic as a user reads it, whole.
func text(d diag.Diagnostic) string {
	at := ""
	if with, ok := d.(diag.DiagnosticWithPath); ok {
		at = " at " + with.Path().String()
	}
	return fmt.Sprintf("%s%s: %s\n\n%s", d.Severity(), at, d.Summary(), d.Detail())
}

func texts(diags diag.Diagnostics) string {
	all := make([]string, 0, len(diags))
	for _, d := range diags {
		all = append(all, text(d))
	}
	return strings.Join(all, "\n---\n")
}

func device(kind error, verb, said string) *engine.DeviceError {
	return &engine.DeviceError{
		Kind: kind, Verb: verb, Object: "pool /shop/web", Device: "192.0.2.1:443", Said: said, Err: errors.New("dial tcp: connection refused"),
	}
}

// unsure is a call that was sent, and whose answer was lost.
func unsure(err *engine.DeviceError) *engine.DeviceError {
	err.Unsure = true
	return err
}

func key(t *testing.T, text string) ltm.MemberKey {
	t.Helper()
	k, err := ltm.ParseMemberKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestErrorsOfTheDeviceAreWordedWhole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"exists", device(engine.ErrExists, "create", "The requested Pool (/shop/web) already exists in partition shop. (01020066)"), `Error at name: Unable to create pool /shop/web

A pool of that name exists already on BIG-IP 192.0.2.1:443. It was left as it is.

The device said: The requested Pool (/shop/web) already exists in partition shop. (01020066)

To manage it with Terraform, import it:

    terraform import bigipkube_pool.NAME /shop/web

with the name of your resource for NAME. Or choose another ` + "`name`."},
		{"no folder", &engine.DeviceError{Kind: engine.ErrNoPartition, Verb: "create", Object: "pool /shop/app/web", Device: "192.0.2.1:443", Said: "no"}, `Error at folder: Unable to create pool /shop/app/web

The folder /shop/app does not exist on BIG-IP 192.0.2.1:443. Nothing was changed.

The device said: no

Set ` + "`partition` and `folder`" + ` to what exists (names are case-sensitive), or create it first: tmsh create sys folder /shop/app.`},
		{"no partition", device(engine.ErrNoPartition, "create", "folder does not exist (01070734)"), `Error at partition: Unable to create pool /shop/web

The partition shop does not exist on BIG-IP 192.0.2.1:443. Nothing was changed.

The device said: folder does not exist (01070734)

Set ` + "`partition`" + ` to one that exists (names are case-sensitive), or create it first: tmsh create auth partition NAME.`},
		{"not found on read", device(engine.ErrNotFound, "read", "was not found (01020036)"), `Error at name: Unable to read pool /shop/web

There is no such pool on BIG-IP 192.0.2.1:443.

The device said: was not found (01020036)

Check ` + "`partition` and `name`" + `: names are case-sensitive, and a user sees the objects of its own partitions only.`},
		{"not found on update", device(engine.ErrNotFound, "update", "was not found (01020036)"), `Error: Unable to update pool /shop/web

It, or an object that it refers to, does not exist on BIG-IP 192.0.2.1:443. Nothing was changed by this call.

The device said: was not found (01020036)

Check the names that it refers to, such as monitors, profiles and pools: they are full paths, such as /Common/http. If it was deleted since the plan, plan again.`},
		{"in use", device(engine.ErrInUse, "delete", "is in use by a Virtual Server (/shop/web) (01070265)"), `Error: Unable to delete pool /shop/web

Something on BIG-IP 192.0.2.1:443 still refers to it. It was left as it is.

The device said: is in use by a Virtual Server (/shop/web) (01070265)

Remove that reference first, and this object in the next apply. Or give it ` + "`lifecycle { create_before_destroy = true }`" + ` and apply that first: without it Terraform deletes before it changes what refers to it.`},
		{"credentials", device(engine.ErrCredentials, "read", "Authentication failed."), `Error: Unable to log in to BIG-IP 192.0.2.1:443

It refuses the user name, the password or the token. Nothing was changed.

The device said: Authentication failed.

Check ` + "`username` and `password` (or `token_value`) and `login_ref`" + ` of the provider, or their environment variables BIGIP_USER, BIGIP_PASSWORD, BIGIP_TOKEN_VALUE and BIGIP_LOGIN_REF.`},
		{"forbidden", device(engine.ErrForbidden, "create", "access denied (01070822)"), `Error: Unable to create pool /shop/web

The role of the provider's user on BIG-IP 192.0.2.1:443 does not allow it. Nothing was changed.

The device said: access denied (01070822)

Give the user the role Manager in the partition of the object, or use another user.`},
		{"certificate", device(engine.ErrCertificate, "read", ""), `Error: Unable to trust BIG-IP 192.0.2.1:443

Its certificate is not signed by an authority that is known here, or is for another name. Nothing was sent.

The cause: dial tcp: connection refused

Give the authority to the provider with ` + "`ca_file` (BIGIP_TRUSTED_CERT_PATH) or `ca_certificate`, and write `address`" + ` as the certificate names the device. ` + "`insecure = true`" + ` switches the check off: then anybody on the way can read the password.`},
		{"unreachable on read", device(engine.ErrUnreachable, "read", ""), `Error: Unable to reach BIG-IP 192.0.2.1:443

It cannot be reached, to read pool /shop/web.

The cause: dial tcp: connection refused

Nothing was changed by this call.

Check ` + "`address` and `port`" + ` of the provider, or BIGIP_HOST and BIGIP_PORT, and that its management network can be reached from here.`},
		{"answer lost on update", unsure(device(engine.ErrUnreachable, "update", "")), `Error: Unable to reach BIG-IP 192.0.2.1:443

It cannot be reached, to update pool /shop/web.

The cause: dial tcp: connection refused

Whether the change was made is not known; the next plan reads it from the device.

Check ` + "`address` and `port`" + ` of the provider, or BIGIP_HOST and BIGIP_PORT, and that its management network can be reached from here.`},
		{"busy on update", device(engine.ErrBusy, "update", "There is an active asynchronous task executing."), `Error: Unable to update pool /shop/web

BIG-IP 192.0.2.1:443 was busy, and still was after all retries.

The device said: There is an active asynchronous task executing.

Nothing was changed by this call.

Try again later.`},
		{"refused", device(engine.ErrRefused, "update", "invalid property value (26214401)"), `Error: Unable to update pool /shop/web

BIG-IP 192.0.2.1:443 refuses it.

The device said: invalid property value (26214401)

Nothing was changed by this call.`},
		{"time is over", fmt.Errorf("run: %w", context.DeadlineExceeded), `Error at timeouts: Unable to finish in time

The time that ` + "`timeouts`" + ` allows is over.

What was done until then is on the device and in the state; the next plan shows the rest.

Apply again, or allow more time in ` + "`timeouts`."},
		{"interrupted", context.Canceled, `Error: Unable to finish: interrupted

The run was interrupted.

What was done until then is on the device and in the state; the next plan shows the rest.

Apply again to finish it.`},
		{"unsettled", &engine.UnsettledError{Object: "pool /shop/web", Device: "192.0.2.1:443", Change: "pool /shop/web\n  ~ 10.0.0.1:80: ratio 1 -> 2"}, `Error: Unable to update pool /shop/web

BIG-IP 192.0.2.1:443 took a change without an error, and shows what was there before:

pool /shop/web
  ~ 10.0.0.1:80: ratio 1 -> 2

What else was done is on the device and in the state; the next plan shows the rest.

Look whether somebody else writes to it, such as a script or another controller. If not, please report this with the change above.`},
		{"anything else", errors.New("boom"), "Error: Unable to finish\n\nboom."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, texts(diagnostics.FromError(test.err))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAClosedGateSaysHowManyOfHowManyAndWhichMemberIsDownAndWhy(t *testing.T) {
	t.Parallel()
	down := cutover.Candidate{Key: key(t, "10.0.0.4:8080"), Backend: "green", Health: ltm.HealthDown, Reason: "/Common/http: no answer"}
	step := cutover.Step{Gates: []cutover.Gate{
		{Backend: "blue", Available: 2, Needed: 2, Of: 2},
		{Backend: "green", Available: 1, Needed: 2, Of: 2, Missing: []cutover.Candidate{down}},
	}}
	required := diagnostics.Aborted(&engine.AbortedError{
		Object: "pool /shop/web", Device: "192.0.2.1:443", Step: step,
		Spec: cutover.Spec{Require: cutover.Requirement{Percent: 80}, Timeout: 2 * time.Minute},
	})
	want := `Error at cutover: Unable to move the traffic of pool /shop/web

` + "`require_available`" + ` = 80% was not fulfilled on BIG-IP 192.0.2.1:443 within 2m:

  green: 1 of 2 members available, 2 needed
    10.0.0.4:8080 is down: /Common/http: no answer

The traffic was not moved: what served before serves now. Members that were added take no new connections.

Repair what is down and apply again, or lower ` + "`require_available`."
	if diff := cmp.Diff(want, text(required)); diff != "" {
		t.Errorf("with require_available (-want +got):\n%s", diff)
	}
	floor := diagnostics.Aborted(&engine.AbortedError{Object: "pool /shop/web", Device: "192.0.2.1:443", Step: step})
	want = `Error: Unable to move the traffic of pool /shop/web

Nobody would be left to serve: no member that is to take the traffic is available on BIG-IP 192.0.2.1:443:

  green: 1 of 2 members available, 2 needed
    10.0.0.4:8080 is down: /Common/http: no answer

The traffic was not moved: what served before serves now. Members that were added take no new connections.

Repair what is down and apply again, or give ` + "`cutover` a `timeout`" + ` in which it comes up.`
	if diff := cmp.Diff(want, text(floor)); diff != "" {
		t.Errorf("without (-want +got):\n%s", diff)
	}
}

func TestErrorsOfBackendsAreOneEachAtTheBackend(t *testing.T) {
	t.Parallel()
	ref := endpoints.Ref{Cluster: "east", Namespace: "shop", Service: "web", Port: "http"}
	ports := []endpoints.ServicePort{{Name: "web", Number: 80}, {Name: "admin", Number: 81}}
	ambiguous := ref
	ambiguous.Port = ""
	err := errors.Join(
		&engine.BackendError{Backend: "a", Err: &endpoints.NoServiceError{Ref: ref}},
		&engine.BackendError{Backend: "b", Err: &endpoints.NoPortError{Ref: ref, Ports: ports}},
		&engine.BackendError{Backend: "c", Err: &endpoints.NoPortError{Ref: ambiguous, Ports: ports, Ambiguous: true}},
		&engine.BackendError{Backend: "d", Err: &endpoints.PortNotOnPodsError{Ref: ref, TargetPort: "http", Endpoints: 3}},
		&engine.BackendError{Backend: "e", Err: fmt.Errorf("%w: get Service: 403", engine.ErrSource)},
	)
	want := `Error at backends["a"]: Unable to find Service shop/web

Kubernetes (cluster east) has no Service web in namespace shop. Nothing was changed.

Check ` + "`namespace` and `service`" + `, and that the provider talks to the cluster you mean. If this configuration makes it, refer to the resource that does, or name that in ` + "`depends_on`" + `, so that it comes first.
---
Error at backends["b"]: Unable to find the port of Service shop/web

It has no port "http".

The Service has: 80 web, 81 admin.

Set ` + "`port`" + ` to a name or a number of these.
---
Error at backends["c"]: Unable to find the port of Service shop/web

It has several ports, and ` + "`port`" + ` does not say which one.

The Service has: 80 web, 81 admin.

Set ` + "`port`" + ` to the name of one of these.
---
Error at backends["d"]: Unable to find the port of Service shop/web

The Service sends to the port "http" of its pods, but none of its 3 endpoints has that port. Nothing was changed.

Name the container's port so in the pods, or correct targetPort in the Service.
---
Error at backends["e"]: Unable to read from Kubernetes

Kubernetes did not answer: get Service: 403.

Nothing was changed.

Check the ` + "`kubernetes` (or `clusters`)" + ` setting of the provider: address, credentials and rights. It must get services and list endpointslices; list pods for a ` + "`selector`, and list nodes for `nodes` and for a `node_port`" + `.`
	if diff := cmp.Diff(want, texts(diagnostics.FromError(err))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	service := diagnostics.FromSource(path.Empty(), &endpoints.NoServiceError{Ref: ref})
	if got := text(service); !strings.HasPrefix(got, "Error at service: ") {
		t.Errorf("in a data source it is at %q, want service", got)
	}
}

func TestWhatHasMovedSinceThePlanIsNamed(t *testing.T) {
	t.Parallel()
	gone := []string{diagnostics.Endpoint(key(t, "10.0.0.1:80"), "blue", "web-1"), diagnostics.Endpoint(key(t, "10.0.0.2:80"), "blue", "")}
	for _, test := range []struct{ name, want, got string }{
		{"both", `Warning at backends: Endpoints of pool /shop/web have moved since the plan

2 of 5 planned endpoints are no longer ready since the plan: 10.0.0.1:80 (blue, pod web-1), 10.0.0.2:80 (blue).

1 endpoint is new since the plan: 10.0.0.9:80 (blue, pod web-9).

The plan was applied as you reviewed it. Plan and apply again to follow Kubernetes.`, text(diagnostics.EndpointsMoved(path.Root("backends"), "pool /shop/web", gone, []string{"10.0.0.9:80 (blue, pod web-9)"}, 5))},
		{"overlap", `Warning at backends: Backends have the same endpoints

A pool has a member once, so only one of the backends gets it:

  10.0.0.1:80 counts for blue, and is wanted by green too

Make them select different pods, for example by a label for the version.`, text(diagnostics.Overlaps([]traffic.Overlap{{Key: key(t, "10.0.0.1:80"), Backend: "blue", Others: []string{"green"}}}))},
		{"nobody left", `Error at backends["blue"]: Unable to update pool /shop/web

None of the endpoints that the plan gives traffic to in backend "blue" is ready any more: 10.0.0.1:80 (blue, pod web-1), 10.0.0.2:80 (blue).

Nothing was changed on the device.

Plan again: the new plan has the endpoints that are ready now.`, text(diagnostics.EndpointsGone(path.Root("backends"), "pool /shop/web", "blue", gone))},
		{"kept", `Warning at backends["blue"]: Summary

Detail.

The endpoints that were seen last are kept, and so are the members on the device.`, text(diagnostics.Kept(diagnostics.Invalid(path.Root("backends").AtMapKey("blue"), "Summary", "Detail")))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindingsOfTheProviderAreWordedWhole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		got  diag.Diagnostic
		want string
	}{
		{diagnostics.NoKubernetes(path.Root("backends")), "Error at backends: Unable to read from Kubernetes\n\nThe provider has no `kubernetes` setting, and no `clusters`.\n\nAdd `kubernetes = { config_path = \"~/.kube/config\" }` to the provider, or set KUBE_CONFIG_PATH."},
		{diagnostics.NoDevice(), "Error: Unable to use the provider\n\nIts configuration depends on values that are not known before the apply.\n\nMake them known first: apply the resources that they come from with -target, or write them as variables."},
		{diagnostics.WrongModel("ratio", true, 1), "Error: Unable to read ratio\n\nIt is a int, and the provider takes it for a bool. Please report this."},
		{diagnostics.UnexpectedData(1), "Error: Unable to configure\n\nThe provider handed over a int. Please report this."},
		{diagnostics.MissingSetting("address", "BIGIP_HOST", "the address"), "Error at address: Missing the address\n\nThe provider needs the address.\n\nSet `address` in the provider's configuration, or the environment variable BIGIP_HOST."},
		{diagnostics.InvalidSetting(path.Root("clusters").AtMapKey("east").AtName("host"), "is not a URL"), "Error at clusters[\"east\"]: Unable to use this setting of the provider\n\n`host`: is not a URL."},
		{diagnostics.InsecureByEnvironment(), "Warning at insecure: The device's certificate is not verified\n\nThe environment variable BIGIP_VERIFY_CERT_DISABLE switches the check off: anybody on the way can read the password.\n\nGive the provider the authority of the certificate with `ca_file` (BIGIP_TRUSTED_CERT_PATH), and unset the variable."},
		{diagnostics.InvalidImport("pool", "web", "\"web\" is not a full path"), "Error: Unable to import pool web\n\n\"web\" is not a full path.\n\nThe id is the full path of the object, such as /Common/web."},
		{diagnostics.NotReadBack(device(engine.ErrForbidden, "read", "")), "Warning: Unable to read pool /shop/web\n\nIt was created, but then could not be read. The state has it as it was asked for; the next plan reads it from the device.\n\nThe role of the provider's user on BIG-IP 192.0.2.1:443 does not allow it. Nothing was changed.\n\nThe cause: dial tcp: connection refused\n\nGive the user the role Manager in the partition of the object, or use another user."},
		{diagnostics.MonitorHasNo("username", "tcp"), "Error at username: Monitor of type tcp with username\n\nMonitors of type tcp do not have it.\n\nRemove it, or choose another `type`."},
		{diagnostics.IntervalNotBelowTimeout(5, 5), "Error at interval: Interval is not less than timeout\n\nA probe every 5 seconds cannot succeed twice in the 5 seconds of `timeout`, and the device refuses it.\n\nUsual is a `timeout` of three intervals and one second: 16."},
		{diagnostics.NoSuchMonitor("/shop/x", "192.0.2.1:443"), "Error: Unable to import monitor /shop/x\n\nBIG-IP 192.0.2.1:443 has no monitor of that name of type http, https or tcp.\n\nCheck the path: names are case-sensitive. Monitors of other types are not managed by this resource."},
		{diagnostics.MembersAndBackends(), "Error at members: Pool with both members and backends\n\n`members` are written in the configuration, `backends` come from Kubernetes: a pool has one or the other.\n\nRemove one of them."},
		{diagnostics.TrafficWithoutBackends(), "Error at traffic: Traffic without backends\n\n`traffic` splits between `backends`, and this pool has none.\n\nRemove `traffic`; the members of a static pool share by their `ratio`."},
		{diagnostics.TrafficMissing([]string{"blue", "green"}), "Error at traffic: Traffic is not split\n\nThe pool has the backends blue and green, and `traffic` does not say how much each gets.\n\nGive each backend its share in percent, 0 for none; the shares add up to 100."},
		{diagnostics.TrafficUnknownBackend("red", []string{"a", "b", "c"}), "Error at traffic[\"red\"]: Traffic for an unknown backend\n\nThe pool has no backend \"red\"; it has a, b and c.\n\nCorrect the name, or add the backend."},
		{diagnostics.TrafficLeftOut("red"), "Error at traffic: Backend without traffic\n\n`traffic` does not say what backend \"red\" gets.\n\nWrite a share for it; 0 keeps it as a warm standby, which takes no traffic."},
		{diagnostics.TrafficSum(90), "Error at traffic: Traffic does not add up to 100\n\nThe shares are percentages and add up to 90.\n\nChange them so that they add up to 100."},
		{diagnostics.TooManyMonitorsRequired(path.Root("monitors_required"), 3, 2), "Error at monitors_required: More monitors are required than there are\n\n3 must succeed for a member to be available, and `monitors` has 2.\n\nRequire 2 at most, or leave `monitors_required` out: then all must succeed."},
		{diagnostics.TooManyMonitorsRequired(path.Root("members").AtMapKey("192.0.2.1:80").AtName("monitors_required"), 1, 0), "Error at members[\"192.0.2.1:80\"]: More monitors are required than there are\n\n`monitors_required`: 1 must succeed for a member to be available, and `monitors` has none.\n\nLeave `monitors_required` out, or write monitors."},
		{diagnostics.NoRatioMode("round-robin", []string{"blue", "green"}), "Error at load_balancing_mode: Load balancing mode cannot split traffic\n\n`traffic` splits between blue and green, which works by member ratios, and \"round-robin\" does not regard them.\n\nWrite `load_balancing_mode = \"ratio-member\"`."},
	} {
		if diff := cmp.Diff(test.want, text(test.got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestDurationsArePrintedAsUsersWriteThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 30 * time.Second: "30s", 2 * time.Minute: "2m", 90 * time.Second: "1m30s", time.Hour: "1h", 61 * time.Minute: "1h1m",
		10 * time.Minute: "10m", 20 * time.Hour: "20h", time.Hour + time.Second: "1h0m1s",
	} {
		if got := diagnostics.Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}
