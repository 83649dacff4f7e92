package customtypes_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func TestOneSpellingIsAcceptedAndTheErrorTellsIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		validator validator.String
		text      string
		want      string // the detail, "" if it is accepted
	}{
		{customtypes.FullPath(), "/Common/http", ""},
		{customtypes.FullPath(), "/shop/sub/http", ""},
		{customtypes.FullPath(), "http", `"http" is not a full path: write /Partition/name, for example /Common/http.`},
		{customtypes.Name(), "web", ""},
		{customtypes.Name(), "/shop/web", `"/shop/web" has a slash: the partition is an attribute of its own, and the name stands alone.`},
		{customtypes.Folder(), "app", ""},
		{customtypes.Folder(), "app/deeper", ""},
		{customtypes.Folder(), "/app", `"/app" begins or ends with a slash: write it without, the partition is an attribute of its own.`},
		{customtypes.Folder(), "app//deeper", `"/Common/app//deeper/x" is not a path: an element is empty.`},
		{customtypes.PacketMark(255), "pass-through", ""},
		{customtypes.PacketMark(255), "mimic", ""},
		{customtypes.PacketMark(255), "255", ""},
		{customtypes.PacketMark(7), "8", `"8" is neither pass-through nor mimic nor a number from 0 to 7.`},
		{customtypes.PacketMark(7), "07", `"07" is not in canonical form: write "7".`},
		{customtypes.Words(), "Checkout [team a]", ""},
		{customtypes.Words(), "Checkout [bigipkube/1 shop/web=100]", "what begins with [bigipkube/ is the mark that this provider writes behind your words: leave it out, it comes by itself."},
		{customtypes.MemberKey(), "192.0.2.1:8080", ""},
		{customtypes.MemberKey(), "[2001:db8::1]:8080", ""},
		{customtypes.MemberKey(), "192.0.2.1%2:8080", ""},
		{customtypes.MemberKey(), "192.0.2.1%0:8080", `"192.0.2.1%0:8080" is not in canonical form: write "192.0.2.1:8080".`},
		{customtypes.MemberKey(), "[2001:DB8:0::1]:8080", `"[2001:DB8:0::1]:8080" is not in canonical form: write "[2001:db8::1]:8080".`},
		{customtypes.MemberKey(), "2001:db8::1.8080", `"2001:db8::1.8080" is not in canonical form: write "[2001:db8::1]:8080".`},
		{customtypes.MemberKey(), "192.0.2.1", `"192.0.2.1" is not an address and a port: write 192.0.2.1:8080 or [2001:db8::1]:8080.`},
		{customtypes.LabelKey(), "app", ""},
		{customtypes.LabelKey(), "app.kubernetes.io/name", ""},
		{customtypes.LabelKey(), "a/b/c", `"a/b/c" is not the key of a label of Kubernetes: up to 63 letters, digits, -, _ and ., with a domain and a slash before them if need be.`},
		{customtypes.LabelKey(), "", `"" is not the key of a label of Kubernetes: up to 63 letters, digits, -, _ and ., with a domain and a slash before them if need be.`},
		{customtypes.LabelValue(), "", ""},
		{customtypes.LabelValue(), "v1.2_3-4", ""},
		{customtypes.LabelValue(), "in (a,b)", `"in (a,b)" is not the value of a label of Kubernetes: up to 63 letters, digits, -, _ and ., or nothing.`},
		{customtypes.LabelValue(), "-a", `"-a" is not the value of a label of Kubernetes: up to 63 letters, digits, -, _ and ., or nothing.`},
		{customtypes.Duration(), "1m30s", ""},
		{customtypes.Duration(), "0s", ""},
		{customtypes.Duration(), "60", `"60" is not a duration: write a number and a unit, such as 30s, 5m or 1h30m.`},
		{customtypes.Duration(), "-1s", `"-1s" is negative.`},
		{customtypes.Requirement(), "2", ""},
		{customtypes.Requirement(), "80%", ""},
		{customtypes.Requirement(), "100%", ""},
	} {
		req := validator.StringRequest{Path: path.Root("x"), ConfigValue: types.StringValue(test.text)}
		var resp validator.StringResponse
		test.validator.ValidateString(t.Context(), req, &resp)
		got := ""
		for _, d := range resp.Diagnostics {
			got += d.Detail()
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestOddRequirementsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "most", "0%", "101%", "-1", "2.5", "080%", "%"} {
		var resp validator.StringResponse
		customtypes.Requirement().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("x"), ConfigValue: types.StringValue(text)}, &resp)
		if !resp.Diagnostics.HasError() {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestNullAndUnknownPass(t *testing.T) {
	t.Parallel()
	for _, value := range []types.String{types.StringNull(), types.StringUnknown()} {
		var resp validator.StringResponse
		customtypes.FullPath().ValidateString(t.Context(), validator.StringRequest{Path: path.Root("x"), ConfigValue: value}, &resp)
		if resp.Diagnostics.HasError() {
			t.Errorf("%s is refused: %v", value, resp.Diagnostics)
		}
	}
}
