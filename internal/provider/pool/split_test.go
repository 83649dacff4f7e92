package pool

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
)

func TestTheErrorOfTheSplitIsThatOfTheMembersThatTakeTraffic(t *testing.T) {
	t.Parallel()
	members := func(blue, green, blueRatio, greenRatio int) map[string]memberModel {
		all := map[string]memberModel{
			"by hand": {Backend: types.StringNull(), Session: types.StringValue("enabled"), Ratio: types.Int64Value(1000)},
			"standby": {Backend: types.StringValue("green"), Session: types.StringValue("disabled"), Ratio: types.Int64Value(1000)},
		}
		add := func(backend string, count, ratio int) {
			for i := range count {
				all[fmt.Sprint(backend, i)] = memberModel{Backend: types.StringValue(backend), Session: types.StringValue("enabled"), Ratio: types.Int64Value(int64(ratio))}
			}
		}
		add("blue", blue, blueRatio)
		add("green", green, greenRatio)
		return all
	}
	state, _ := bound(t, 90, 10, cutover.Spec{})
	for _, test := range []struct {
		name    string
		traffic types.Map
		members map[string]memberModel
		want    string
	}{
		{"exact ratios", shares(90, 10), members(5, 2, 18, 5), "0"},
		{"whole numbers that are close", shares(97, 3), members(5, 2, 13, 1), "0.015"},
		{"a pod that went since", shares(50, 50), members(4, 1, 1, 5), "5.556"},
		{"a backend without anybody is not asked", shares(90, 10), members(5, 0, 18, 5), "0"},
		{"nobody at all", shares(90, 10), members(0, 0, 1, 1), "0"},
		{"shares of nobody's", shares(0, 100), members(2, 0, 1, 1), "0"},
	} {
		m := state
		m.Traffic = test.traffic
		if got := m.splitError(test.members); got.String() != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	state.Traffic = types.MapUnknown(types.Int64Type)
	if got := state.splitError(nil); !got.IsUnknown() {
		t.Errorf("of unknown traffic it is %s", got)
	}
	if got := imported().splitError(nil); !got.IsNull() {
		t.Errorf("of a pool with members it is %s", got)
	}
}
