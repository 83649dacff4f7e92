package functions

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func destination(partition, folder types.String, address string, routeDomain, port int64) attr.Value {
	return types.ObjectValueMust(destinationTypes, map[string]attr.Value{
		"partition": partition, "folder": folder, "address": types.StringValue(address),
		"route_domain": types.Int64Value(routeDomain), "port": types.Int64Value(port),
	})
}

// call runs a function as the framework does.
func call(t *testing.T, f function.Function, arguments ...attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	var definition function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &definition)
	result, funcErr := definition.Definition.Return.NewResultData(t.Context())
	if funcErr != nil {
		t.Fatal(funcErr)
	}
	resp := function.RunResponse{Result: result}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData(arguments)}, &resp)
	return resp.Result.Value(), resp.Error
}

func TestParseDestinationTakesEveryFormApart(t *testing.T) {
	t.Parallel()
	none, common := types.StringNull(), types.StringValue("Common")
	for text, want := range map[string]attr.Value{
		"/Common/10.0.0.1%2:443":    destination(common, none, "10.0.0.1", 2, 443),
		"/Common/app/10.0.0.1:443":  destination(common, types.StringValue("app"), "10.0.0.1", 0, 443),
		"203.0.113.10:443":          destination(none, none, "203.0.113.10", 0, 443),
		"[2001:db8::1]:443":         destination(none, none, "2001:db8::1", 0, 443),
		"/Common/2001:db8::1%3.443": destination(common, none, "2001:db8::1", 3, 443),
		"/Common/any:any":           destination(common, none, "0.0.0.0", 0, 0),
		"/Common/any6.0":            destination(common, none, "::", 0, 0),
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, funcErr := call(t, NewParseDestination(), types.StringValue(text))
			if funcErr != nil {
				t.Fatal(funcErr)
			}
			if !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestFormatDestinationIsTheInverseOfParseDestination(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"203.0.113.10:443", "[2001:db8::1]:443", "10.0.0.1%2:0",
		"/shop/203.0.113.10:443", "/shop/2001:db8::1.443", "/Common/app/inner/10.0.0.1%2:80", "/shop/0.0.0.0:0",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			object, funcErr := call(t, NewParseDestination(), types.StringValue(text))
			if funcErr != nil {
				t.Fatal(funcErr)
			}
			got, funcErr := call(t, NewFormatDestination(), object)
			if funcErr != nil {
				t.Fatal(funcErr)
			}
			if want := types.StringValue(text); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestParsePathTellsPartitionFolderAndName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]attr.Value{
		"/Common/http":          {"partition": types.StringValue("Common"), "folder": types.StringNull(), "name": types.StringValue("http")},
		"/shop/outer/inner/web": {"partition": types.StringValue("shop"), "folder": types.StringValue("outer/inner"), "name": types.StringValue("web")},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, funcErr := call(t, NewParsePath(), types.StringValue(text))
			if funcErr != nil {
				t.Fatal(funcErr)
			}
			object, ok := got.(types.Object)
			if !ok {
				t.Fatalf("got a %T", got)
			}
			if diff := cmp.Diff(want, object.Attributes()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func numbers(t *testing.T, of map[string]int64) attr.Value {
	t.Helper()
	value, diags := types.MapValueFrom(t.Context(), types.Int64Type, of)
	if diags.HasError() {
		t.Fatal(diags)
	}
	return value
}

func TestSplitRatiosMakesTheShareIndependentOfTheNumberOfMembers(t *testing.T) {
	t.Parallel()
	counts := map[string]int64{"blue": 5, "green": 2}
	got, funcErr := call(t, NewSplitRatios(), numbers(t, map[string]int64{"blue": 90, "green": 10}), numbers(t, counts))
	if funcErr != nil {
		t.Fatal(funcErr)
	}
	var ratios map[string]int64
	asMap, ok := got.(types.Map)
	if !ok {
		t.Fatalf("got a %T", got)
	}
	if diags := asMap.ElementsAs(context.Background(), &ratios, false); diags.HasError() {
		t.Fatal(diags)
	}
	blue, green := ratios["blue"]*counts["blue"], ratios["green"]*counts["green"]
	share := 100 * float64(green) / float64(blue+green)
	if share < 9.9 || share > 10.1 {
		t.Errorf("green gets %.2f %% of the traffic with %v, want 10", share, ratios)
	}
}

func TestABadArgumentIsNamedByItsPosition(t *testing.T) {
	t.Parallel()
	none := types.StringNull()
	for name, test := range map[string]struct {
		function  function.Function
		arguments []attr.Value
		want      *function.FuncError
	}{
		"a destination without a port": {
			NewParseDestination(),
			[]attr.Value{types.StringValue("10.0.0.1")},
			function.NewArgumentFuncError(0, `"10.0.0.1" is not an address and a port: write 192.0.2.1:8080 or [2001:db8::1]:8080`),
		},
		"a port that is too large": {
			NewFormatDestination(),
			[]attr.Value{destination(none, none, "10.0.0.1", 0, 65536)},
			function.NewArgumentFuncError(0, "the port 65536 is not from 0 to 65535"),
		},
		"an address that is none": {
			NewFormatDestination(),
			[]attr.Value{destination(none, none, "web", 0, 80)},
			function.NewArgumentFuncError(0, `"web" is not an IP address`),
		},
		"a folder without a partition": {
			NewFormatDestination(),
			[]attr.Value{destination(none, types.StringValue("app"), "10.0.0.1", 0, 80)},
			function.NewArgumentFuncError(0, `the folder "app" needs a partition`),
		},
		"a path that is a bare name": {
			NewParsePath(),
			[]attr.Value{types.StringValue("http")},
			function.NewArgumentFuncError(0, `"http" is not a full path: write /Partition/name, for example /Common/http`),
		},
		"a negative share": {
			NewSplitRatios(),
			[]attr.Value{numbers(t, map[string]int64{"blue": -1}), numbers(t, map[string]int64{"blue": 1})},
			function.NewArgumentFuncError(0, `the share of "blue" is -1: it must be 0 or more`),
		},
		"a count that is missing": {
			NewSplitRatios(),
			[]attr.Value{numbers(t, map[string]int64{"blue": 90, "green": 10}), numbers(t, map[string]int64{"blue": 1})},
			function.NewArgumentFuncError(1, `there is a share for "green" but no count: add green = 0 if it has no members`),
		},
		"a count of an unknown backend": {
			NewSplitRatios(),
			[]attr.Value{numbers(t, map[string]int64{"blue": 90}), numbers(t, map[string]int64{"blue": 1, "grene": 2})},
			function.NewArgumentFuncError(1, `there is a count for "grene" but no share`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := call(t, test.function, test.arguments...)
			if !got.Equal(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestEveryFunctionIsValidAndDescribed(t *testing.T) {
	t.Parallel()
	for _, construct := range []func() function.Function{NewFormatDestination, NewParseDestination, NewParsePath, NewSplitRatios} {
		f := construct()
		var metadata function.MetadataResponse
		f.Metadata(t.Context(), function.MetadataRequest{}, &metadata)
		t.Run(metadata.Name, func(t *testing.T) {
			t.Parallel()
			var resp function.DefinitionResponse
			f.Definition(t.Context(), function.DefinitionRequest{}, &resp)
			var validation function.DefinitionValidateResponse
			resp.Definition.ValidateImplementation(t.Context(), function.DefinitionValidateRequest{FuncName: metadata.Name}, &validation)
			if validation.Diagnostics.HasError() {
				t.Error(validation.Diagnostics)
			}
			if resp.Definition.Summary == "" || resp.Definition.MarkdownDescription == "" {
				t.Error("it has no summary or no description")
			}
			for _, parameter := range resp.Definition.Parameters {
				if parameter.GetMarkdownDescription() == "" {
					t.Errorf("parameter %s has no description", parameter.GetName())
				}
			}
		})
	}
}
