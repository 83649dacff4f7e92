package pool

import (
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// ownMonitors are the monitors of one member; null are the pool's. The schema has
// seen to it that they are full paths.
func ownMonitors(monitors types.Set, required types.Int64) ltm.MemberMonitors {
	if monitors.IsNull() || monitors.IsUnknown() {
		return ltm.InheritMonitors
	}
	rule := ltm.MonitorRule{AtLeast: int(required.ValueInt64())}
	for _, element := range monitors.Elements() {
		text, ok := element.(types.String)
		if path, err := ltm.ParsePath(text.ValueString()); ok && err == nil {
			rule.Monitors = append(rule.Monitors, path)
		}
	}
	return ltm.OwnMonitors(rule)
}

// monitorsValue is the inverse of ownMonitors.
func monitorsValue(monitors ltm.MemberMonitors) (types.Set, types.Int64) {
	required := types.Int64Null()
	if monitors == ltm.InheritMonitors {
		return types.SetNull(types.StringType), required
	}
	words := strings.Fields(string(monitors))
	if len(words) > 3 && words[0] == "min" {
		if count, err := strconv.ParseInt(words[1], 10, 64); err == nil {
			required = types.Int64Value(count)
		}
		words = words[3:]
	}
	elements := []attr.Value{}
	for _, word := range words {
		if strings.HasPrefix(word, "/") {
			elements = append(elements, types.StringValue(word))
		}
	}
	return types.SetValueMust(types.StringType, elements), required
}
