package functions

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// The positions of split_ratios' arguments.
const (
	argumentShares = 0
	argumentCounts = 1
)

// NewSplitRatios returns the function split_ratios.
func NewSplitRatios() function.Function { return splitRatios{} }

type splitRatios struct{}

func (splitRatios) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "split_ratios"
}

func (splitRatios) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Turns shares of traffic into ratios of pool members.",
		MarkdownDescription: "Turns the share of each backend into the ratio of each of its members, so that the share does not depend on " +
			"how many members a backend has. It is the arithmetic behind `traffic` of `bigipkube_pool`, for a pool whose members you write yourself. " +
			"The load balancing mode of that pool must be `ratio-member`. " +
			"A backend without members gives its share to the others. A backend whose share is 0, or without members, is not in the result: a ratio " +
			"is at least 1, so disable the members of such a backend.",
		Parameters: []function.Parameter{
			function.MapParameter{
				Name:                "shares",
				ElementType:         types.Int64Type,
				MarkdownDescription: "The share of each backend, a whole number from 0. They are percents if they add up to 100.",
			},
			function.MapParameter{
				Name:                "counts",
				ElementType:         types.Int64Type,
				MarkdownDescription: "The number of members of each backend that take traffic, under the names of `shares`.",
			},
		},
		Return: function.MapReturn{ElementType: types.Int64Type},
	}
}

func (splitRatios) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var shares, counts map[string]int64
	if resp.Error = req.Arguments.Get(ctx, &shares, &counts); resp.Error != nil {
		return
	}
	asked, funcErr := wholeNumbers(argumentShares, "share", shares)
	if resp.Error = funcErr; resp.Error != nil {
		return
	}
	present, funcErr := wholeNumbers(argumentCounts, "count", counts)
	if resp.Error = funcErr; resp.Error != nil {
		return
	}
	if resp.Error = sameNames(asked, present); resp.Error != nil {
		return
	}
	ratios, _, _, err := traffic.Ratios(asked, present)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(argumentShares, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, toInt64(ratios))
}

// wholeNumbers narrows a map to what the core takes: 0 to 2,147,483,647.
func wholeNumbers(argument int64, what string, numbers map[string]int64) (map[string]int, *function.FuncError) {
	result := make(map[string]int, len(numbers))
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		number := numbers[name]
		if number < 0 || number > math.MaxInt32 {
			return nil, function.NewArgumentFuncError(argument, fmt.Sprintf("the %s of %q is %d: it must be 0 or more", what, name, number))
		}
		result[name] = int(number)
	}
	return result, nil
}

// sameNames refuses a name that only one of both maps has, which is a slip of
// the pen: a forgotten count would quietly take a backend out.
func sameNames(shares, counts map[string]int) *function.FuncError {
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		if _, ok := counts[name]; !ok {
			return function.NewArgumentFuncError(argumentCounts, fmt.Sprintf("there is a share for %q but no count: add %s = 0 if it has no members", name, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if _, ok := shares[name]; !ok {
			return function.NewArgumentFuncError(argumentCounts, fmt.Sprintf("there is a count for %q but no share", name))
		}
	}
	return nil
}

func toInt64(numbers map[string]int) map[string]int64 {
	result := make(map[string]int64, len(numbers))
	for name, number := range numbers {
		result[name] = int64(number)
	}
	return result
}
