package f5state_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/f5state"
)

// move calls a mover for a type with the attributes that all of ours have, and the
// type of a monitor.
func move(t *testing.T, mover resource.StateMover, from, typeName, state string) (map[string]string, resource.MoveStateResponse) {
	t.Helper()
	ours := schema.Schema{Attributes: map[string]schema.Attribute{}}
	for _, name := range []string{"id", "partition", "folder", "name", "type"} {
		ours.Attributes[name] = schema.StringAttribute{Optional: true}
	}
	resp := resource.MoveStateResponse{TargetState: tfsdk.State{Schema: ours, Raw: tftypes.NewValue(ours.Type().TerraformType(t.Context()), nil)}}
	mover.StateMover(t.Context(), resource.MoveStateRequest{
		SourceProviderAddress: from, SourceTypeName: typeName, SourceRawState: &tfprotov6.RawState{JSON: []byte(state)},
	}, &resp)
	got := map[string]string{}
	if resp.TargetState.Raw.IsNull() {
		return got, resp
	}
	for name := range ours.Attributes {
		var value types.String
		if diags := resp.TargetState.GetAttribute(t.Context(), path.Root(name), &value); diags.HasError() {
			t.Fatal(diags)
		}
		if !value.IsNull() {
			got[name] = value.ValueString()
		}
	}
	return got, resp
}

const f5 = "registry.terraform.io/f5networks/bigip"

// monitor is a state as F5's provider 1.28 writes it.
const monitor = `{"id":"/shop/health","name":"/shop/health","parent":"/Common/http","custom_parent":null,"interval":3,"timeout":16,"send":"GET /\\r\\n",
	"receive":"200","receive_disable":"","reverse":"disabled","transparent":"disabled","manual_resume":"disabled","ip_dscp":0,"time_until_up":0,
	"destination":"*:*","compatibility":null,"filename":null,"mode":null,"adaptive":"disabled","adaptive_limit":200,"username":"","password":""}`

func TestAMonitorIsMovedWithItsType(t *testing.T) {
	t.Parallel()
	got, resp := move(t, f5state.MonitorMover("http", "tcp"), f5, f5state.Monitor, monitor)
	want := map[string]string{"id": "/shop/health", "partition": "shop", "name": "health", "type": "http"}
	if len(resp.Diagnostics) > 0 || len(got) != len(want) {
		t.Errorf("got %v, %v", got, resp.Diagnostics)
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

func TestAMonitorOfATypeThatThereIsNotIsRefused(t *testing.T) {
	t.Parallel()
	_, resp := move(t, f5state.MonitorMover("http", "tcp"), f5, f5state.Monitor, strings.Replace(monitor, "/Common/http", "/Common/gateway-icmp", 1))
	if len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Detail(), `Its type is "gateway-icmp"; bigipkube_monitor has the types http and tcp.`) {
		t.Errorf("got %v", resp.Diagnostics)
	}
}

func TestFolderAndPathAreTakenApartAndOtherVersionsOfTheStateAreRead(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]string{
		"a name":            `{"id":"x","name":"/shop/sub/web","monitors":["/Common/http"],"new_in_a_later_version":{"a":[1]}}`,
		"the id alone":      `{"id":"/shop/sub/web"}`,
		"a name of nothing": `{"id":"/shop/sub/web","name":""}`,
	} {
		got, resp := move(t, f5state.Mover(f5state.Pool, nil), "registry.opentofu.org/F5Networks/bigip", f5state.Pool, state)
		if len(resp.Diagnostics) > 0 || got["id"] != "/shop/sub/web" || got["folder"] != "sub" || got["name"] != "web" {
			t.Errorf("%s: got %v, %v", name, got, resp.Diagnostics)
		}
	}
}

func TestAStateOfAnotherProviderOrTypeIsLeftToOthers(t *testing.T) {
	t.Parallel()
	for _, from := range [][2]string{{"registry.terraform.io/hashicorp/bigip", f5state.Pool}, {f5, f5state.VirtualServer}, {"registry.terraform.io/notf5networks/bigip", f5state.Pool}} {
		if got, resp := move(t, f5state.Mover(f5state.Pool, nil), from[0], from[1], `{"name":"/shop/web"}`); len(got) > 0 || len(resp.Diagnostics) > 0 {
			t.Errorf("%v: got %v, %v", from, got, resp.Diagnostics)
		}
	}
}

func TestAStateThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, state := range []string{`{`, `{"name":5}`, `{}`, `{"name":"web"}`, `{"name":"/shop/<b>"}`} {
		if _, resp := move(t, f5state.Mover(f5state.Pool, nil), f5, f5state.Pool, state); !resp.Diagnostics.HasError() {
			t.Errorf("%s was taken", state)
		}
	}
}
