package monitor

import (
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// full is a monitor with everything set, as the device has it.
func full() ltm.Monitor {
	return ltm.Monitor{
		Path: ltm.Path{Partition: "shop", Folder: "app", Name: "health"}, Type: ltm.MonitorHTTPS, DefaultsFrom: ltm.NewPath("shop", "base"),
		Description: "words", Destination: ltm.MonitorAlias{Port: 8081}, Interval: 10, Timeout: 31, TimeUntilUp: 5, UpInterval: 20,
		Send: `GET / HTTP/1.0\r\n\r\n`, Receive: "200 OK", ReceiveDisable: "503", Reverse: true, Transparent: true, ManualResume: true,
		SSLProfile: ltm.NewPath("Common", "serverssl"), Username: "probe",
	}
}

func TestAFullMonitorSurvivesTheWayThroughState(t *testing.T) {
	t.Parallel()
	value := reflect.ValueOf(full())
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("the test has nothing in %s", value.Type().Field(i).Name)
		}
	}
	var m model
	m.observe(full())
	got, diags := m.desired()
	if diags.HasError() || got != full() {
		t.Errorf("got %+v, %v", got, diags)
	}
}

func TestWhatIsSentKeepsTheUsersSpelling(t *testing.T) {
	t.Parallel()
	m := model{Send: types.StringValue("GET / HTTP/1.0\r\n\r\n"), Receive: types.StringValue(""), Destination: types.StringValue("*:8081")}
	monitor := full()
	monitor.Receive, monitor.ReceiveDisable = "", ""
	m.observe(monitor)
	if m.Send.ValueString() != "GET / HTTP/1.0\r\n\r\n" || m.Receive.IsNull() || !m.ReceiveDisable.IsNull() {
		t.Errorf("send is %s, receive %s, receive_disable %s", m.Send, m.Receive, m.ReceiveDisable)
	}
}

func TestAPlanKnowsWhatTheParentGivesAsSoonAsItHasBeenSeen(t *testing.T) {
	t.Parallel()
	config := model{
		Type: types.StringValue("http"), Name: types.StringValue("health"), Interval: types.Int64Value(3),
		Partition: types.StringNull(), DefaultsFrom: types.StringValue("/shop/base"),
	}
	complete := func(config model, state *model, kept string) model {
		plan := config
		plan.complete(config, types.StringValue("shop"), state, []byte(kept))
		return plan
	}
	fresh := complete(config, nil, "")
	if !fresh.Timeout.IsUnknown() || fresh.Interval.ValueInt64() != 3 || fresh.ID.ValueString() != "/shop/health" {
		t.Errorf("a new one is planned with timeout %s, interval %s, id %s", fresh.Timeout, fresh.Interval, fresh.ID)
	}
	state := fresh
	state.Timeout = types.Int64Value(99)
	const parent = `{"path":"/shop/base","type":"http","defaults_from":"/Common/http","destination":"*:*","interval":7,"timeout":22}`
	if got := complete(config, &state, parent); got.Timeout.ValueInt64() != 22 {
		t.Errorf("the timeout is planned as %s, want the parent's", got.Timeout)
	}
	builtIn := config
	builtIn.DefaultsFrom = types.StringNull()
	if got := complete(builtIn, nil, ""); got.Timeout.ValueInt64() != 16 || ltm.EscapeLines(got.Send.ValueString()) != ltm.DefaultSend || !got.Receive.IsNull() {
		t.Errorf("from the device's own: timeout %s, send %s, receive %s", got.Timeout, got.Send, got.Receive)
	}
	builtIn.Type = types.StringUnknown()
	if got := complete(builtIn, nil, ""); !got.DefaultsFrom.IsUnknown() || !got.Timeout.IsUnknown() {
		t.Errorf("of an unknown type: %s, %s", got.DefaultsFrom, got.Timeout)
	}
}
