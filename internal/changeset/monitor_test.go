package changeset_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestEveryFieldOfAMonitorThatCanChangeIsCompared(t *testing.T) {
	t.Parallel()
	full := ltm.Monitor{
		Path: web, Type: ltm.MonitorHTTPS, DefaultsFrom: http, Description: "words", Destination: ltm.MonitorAlias{Port: 80},
		Interval: 1, Timeout: 4, TimeUntilUp: 2, UpInterval: 3, Send: "s", Receive: "r", ReceiveDisable: "d",
		Reverse: true, Transparent: true, ManualResume: true, SSLProfile: tcp, Username: "u",
	}
	fixed := []string{"Path", "Type", "DefaultsFrom"}
	kind := reflect.TypeFor[ltm.Monitor]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		other := full
		reflect.ValueOf(&other).Elem().Field(i).SetZero()
		var want []string
		if !strings.Contains(strings.Join(fixed, " "), field.Name) {
			want = []string{strings.Split(field.Tag.Get("json"), ",")[0]}
		}
		if other == full {
			t.Errorf("the test has nothing in %s", field.Name)
		}
		change := changeset.ComputeMonitor(full, other)
		if diff := cmp.Diff(want, change.Fields); diff != "" || change.Empty() != (want == nil) {
			t.Errorf("%s -want +got\n%s", field.Name, diff)
		}
	}
	if (changeset.MonitorChange{Password: new(ltm.Secret)}).Empty() {
		t.Error("a password to be taken away is no change")
	}
}
