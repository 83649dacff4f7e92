package pool

import (
	"math"
	"math/big"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// splitError is by how many percent points the ratios of members miss the shares
// of m.Traffic, of the backends that have a member that takes traffic. It comes
// of what the members have, so that a state tells of the device and a plan of
// what will be.
func (m model) splitError(members map[string]memberModel) types.Number {
	shares, known := decodeTraffic(m.Traffic)
	switch {
	case !m.bound():
		return types.NumberNull()
	case !known:
		return types.NumberUnknown()
	}
	weight, all, asked := map[string]int64{}, int64(0), 0
	for _, member := range members {
		if member.Backend.IsNull() || member.Session.ValueString() != string(ltm.Enabled) {
			continue
		}
		backend, ratio := member.Backend.ValueString(), member.Ratio.ValueInt64()
		if weight[backend] == 0 {
			asked += shares[backend]
		}
		weight[backend] += ratio
		all += ratio
	}
	worst := 0.0
	for backend, part := range weight {
		if asked > 0 {
			worst = max(worst, math.Abs(100*float64(part)/float64(all)-100*float64(shares[backend])/float64(asked)))
		}
	}
	return points(worst)
}

// points rounds to a thousandth. The number is read from its decimal text, as
// Terraform reads it from a state: a float64 would be another number there.
func points(value float64) types.Number {
	const precision = 512 // Terraform's
	number, _, err := big.ParseFloat(strconv.FormatFloat(value, 'f', 3, 64), 10, precision, big.ToNearestEven)
	if err != nil {
		return types.NumberNull() // cannot be: value is finite
	}
	return types.NumberValue(number)
}
