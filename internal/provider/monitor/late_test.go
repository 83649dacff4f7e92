package monitor

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestAPlanWarnsUnlessTheTimeoutIsBelowTheShutdownDelay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		timeout types.Int64
		delay   types.String
		warns   bool
	}{
		"below":            {types.Int64Value(10), types.StringValue("20s"), false},
		"the same":         {types.Int64Value(20), types.StringValue("20s"), true},
		"the default":      {types.Int64Value(16), types.StringValue("10s"), true},
		"a long delay":     {types.Int64Value(16), types.StringValue("1m10s"), false},
		"no delay":         {types.Int64Value(16), types.StringNull(), false},
		"an unknown delay": {types.Int64Value(16), types.StringUnknown(), false},
		"unknown timeout":  {types.Int64Unknown(), types.StringValue("1s"), false},
	} {
		diags := model{Timeout: test.timeout, ShutdownDelay: test.delay}.late()
		if warns := len(diags) == 1 && diags.WarningsCount() == 1; warns != test.warns || len(diags) > 1 {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
