package provider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func TestTheAttributesOfTheDeviceAreItsSettings(t *testing.T) {
	t.Parallel()
	text, off := types.StringValue, false
	got := deviceModel{
		Address: text("a"), Port: types.Int64Value(1), Username: text("u"), Password: text("p"), TokenValue: text("t"),
		LoginRef: text("l"), Insecure: types.BoolValue(false), CACertificate: text("PEM"), CAFile: text("f"),
	}.settings()
	want := icontrol.Settings{Addresses: []string{"a"}, Insecure: &off, Config: icontrol.Config{
		Port: 1, Username: "u", Password: "p", Token: "t", LoginProvider: "l", CACertificatePEM: "PEM", CAFile: "f", Logger: logger,
	}}
	reveal := cmp.Comparer(func(a, b icontrol.Secret) bool { return a.Reveal() == b.Reveal() })
	if diff := cmp.Diff(want, got, reveal, cmpopts.IgnoreFields(icontrol.Config{}, "Logger", "Observe")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Logger != logger {
		t.Error("the adapter does not log to Terraform")
	}
}

func TestASettingThatIsMissingOrWrongIsToldAtItsAttribute(t *testing.T) {
	t.Parallel()
	user := deviceModel{Address: types.StringValue("bigip"), Username: types.StringValue("u"), Password: types.StringValue("p")}
	for _, test := range []struct {
		name  string
		model deviceModel
		env   []string
		says  []string // severities, summaries
	}{
		{"nothing", deviceModel{}, nil, []string{"Error: Missing the management address of the BIG-IP"}},
		{"no user", deviceModel{Address: user.Address}, nil, []string{"Error: Missing a user name (and a password), or a token"}},
		{"no password", deviceModel{Address: user.Address, Username: user.Username}, nil, []string{"Error: Missing the password of the user u"}},
		{"values that are none", user, []string{"BIGIP_PORT=https", "BIGIP_INSECURE=maybe"}, []string{
			"Error: Unable to use this setting of the provider", "Error: Unable to use this setting of the provider",
		}},
		{"the switch of F5's provider", user, []string{"BIGIP_VERIFY_CERT_DISABLE=true"}, []string{"Warning: The device's certificate is not verified"}},
		{"all is well", user, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, diags := test.model.configs(env(test.env...))
			var says []string
			for _, d := range diags {
				says = append(says, d.Severity().String()+": "+d.Summary())
				if _, ok := d.(diag.DiagnosticWithPath); !ok {
					t.Errorf("%s is at no attribute", d.Summary())
				}
			}
			if diff := cmp.Diff(test.says, says); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPairIsTwoConfigsThatDifferInTheAddress(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	for _, test := range []struct {
		name  string
		model deviceModel
		env   []string
		want  string // the addresses
		says  []string
	}{
		{name: "written", model: deviceModel{Addresses: []types.String{text("a"), text("b")}}, env: []string{"BIGIP_HOST=x"}, want: "a b"},
		{name: "one address is one device", model: deviceModel{Addresses: []types.String{text("a")}}, want: "a"},
		{name: "from the environment", env: []string{"BIGIP_HOST=https://a:1, b"}, want: "https://a:1 b"},
		{name: "an address keeps the environment out", model: deviceModel{Address: text("a")}, env: []string{"BIGIP_HOST=x,y"}, want: "a"},
		{name: "three", env: []string{"BIGIP_HOST=a,b,c"}, says: []string{"Unable to use this setting of the provider\n`address`: a pair has two units, and BIGIP_HOST names 3."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.model.Username, test.model.Password, test.model.Port = text("u"), text("p"), types.Int64Value(8443)
			configs, diags := test.model.configs(env(test.env...))
			var got []string
			for _, config := range configs {
				got = append(got, config.Address)
				if config.Username != "u" || config.Port != 8443 {
					t.Errorf("%s has user %s and port %d", config.Address, config.Username, config.Port)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("addresses %v, want %s", got, test.want)
			}
			var says []string
			for _, d := range diags {
				says = append(says, d.Summary()+"\n"+d.Detail())
			}
			if diff := cmp.Diff(test.says, says); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
	pair := deviceModel{Addresses: []types.String{text("a"), text("b")}, TokenValue: text("t")}
	if _, diags := pair.configs(env()); !diags.HasError() || !strings.Contains(diags[0].Detail(), "a token is good for one device") {
		t.Errorf("a token for a pair: %v", diags)
	}
}

func TestChangesAreSavedUnlessSomebodySaysNever(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	for _, test := range []struct {
		name  string
		model lastModel
		env   []string
		want  bigip.CommitOptions
		fails bool
	}{
		{name: "by default", want: bigip.CommitOptions{Save: true}},
		{name: "never", model: lastModel{SaveConfig: text("never")}, env: []string{"BIGIP_SAVE_CONFIG=after_apply"}},
		{name: "never, by the environment", env: []string{"BIGIP_SAVE_CONFIG=never"}},
		{name: "a word that is none", env: []string{"BIGIP_SAVE_CONFIG=yes"}, fails: true},
		{name: "synchronised first", model: lastModel{ConfigSyncGroup: text("pair")}, want: bigip.CommitOptions{Save: true, SyncGroup: "pair"}},
		{name: "synchronised, by the environment", env: []string{"BIGIP_CONFIG_SYNC_GROUP=pair"}, want: bigip.CommitOptions{Save: true, SyncGroup: "pair"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, diags := test.model.options(env(test.env...))
			if got != test.want || diags.HasError() != test.fails {
				t.Errorf("%+v, %v", got, diags)
			}
		})
	}
}

func TestAClusterModelIsAConfigOfKube(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	insecure := true
	got := (&clusterModel{
		ConfigPath: text("path"), ConfigPaths: []types.String{text("a"), text("b")}, ConfigContext: text("context"),
		ConfigContextAuthInfo: text("user"), ConfigContextCluster: text("cluster"), Host: text("host"), Token: text("token"),
		Username: text("username"), Password: text("password"), ClusterCACertificate: text("ca"), ClientCertificate: text("cert"),
		ClientKey: text("key"), Insecure: types.BoolValue(true), ProxyURL: text("proxy"), TLSServerName: text("name"),
		Exec: &execModel{
			APIVersion: text("v1"), Command: text("cmd"), Args: []types.String{text("x")}, Env: map[string]types.String{"K": text("V")},
		},
	}).config()
	want := kube.Config{
		ConfigPath: "path", ConfigPaths: []string{"a", "b"}, ConfigContext: "context", ConfigContextAuthInfo: "user",
		ConfigContextCluster: "cluster", Host: "host", Token: "token", Username: "username", Password: "password",
		ClusterCACertificate: "ca", ClientCertificate: "cert", ClientKey: "key", Insecure: &insecure, ProxyURL: "proxy", TLSServerName: "name",
		Exec: &kube.Exec{APIVersion: "v1", Command: "cmd", Args: []kube.Secret{"x"}, Env: map[string]kube.Secret{"K": "V"}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b kube.Secret) bool { return a.Reveal() == b.Reveal() })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var none *clusterModel
	if !none.config().IsZero() {
		t.Error("no model is not a config with nothing set")
	}
}

func TestEveryFieldOfTheDevicesConfigThatUsersSetHasItsAttribute(t *testing.T) {
	t.Parallel()
	attributes := deviceAttributes()
	for _, field := range []string{"Address", "Port", "Username", "Password", "Token", "LoginProvider", "Insecure", "CACertificatePEM", "CAFile"} {
		name := deviceAttribute(field)
		if _, ok := attributes[name]; !ok {
			t.Errorf("field %s: %q is no attribute", field, name)
		}
	}
}
