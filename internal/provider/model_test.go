package provider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

func TestTheDeviceIsConfiguredByAttributesBeforeTheEnvironment(t *testing.T) {
	t.Parallel()
	user := deviceModel{Address: types.StringValue("bigip"), Username: types.StringValue("u"), Password: types.StringValue("p")}
	for _, test := range []struct {
		name  string
		model deviceModel
		env   []string
		want  icontrol.Config
		says  []string // summaries
	}{
		{
			name: "everything from the environment",
			env: []string{
				"BIGIP_HOST=https://bigip:8443", "BIGIP_PORT=9443", "BIGIP_USER=u", "BIGIP_PASSWORD=p", "BIGIP_LOGIN_REF=radius",
				"BIGIP_TRUSTED_CERT_PATH=/ca.pem", "BIGIP_INSECURE=true",
			},
			want: icontrol.Config{
				Address: "https://bigip:8443", Port: 9443, Username: "u", Password: "p", LoginProvider: "radius", CAFile: "/ca.pem", Insecure: true,
			},
		},
		{
			name: "attributes win",
			model: deviceModel{
				Address: types.StringValue("a"), Port: types.Int64Value(1), Username: types.StringValue("u"), Password: types.StringValue("p"),
				LoginRef: types.StringValue("l"), Insecure: types.BoolValue(false), CACertificate: types.StringValue("PEM"), CAFile: types.StringValue("f"),
			},
			env: []string{
				"BIGIP_HOST=x", "BIGIP_PORT=2", "BIGIP_USER=x", "BIGIP_PASSWORD=x", "BIGIP_LOGIN_REF=x",
				"BIGIP_TRUSTED_CERT_PATH=x", "BIGIP_INSECURE=true", "BIGIP_VERIFY_CERT_DISABLE=true",
			},
			want: icontrol.Config{Address: "a", Port: 1, Username: "u", Password: "p", LoginProvider: "l", CACertificatePEM: "PEM", CAFile: "f"},
		},
		{
			name: "a user keeps a token in the environment out", model: user, env: []string{"BIGIP_TOKEN_VALUE=t"},
			want: icontrol.Config{Address: "bigip", Username: "u", Password: "p"},
		},
		{
			name:  "a token keeps a user in the environment out",
			model: deviceModel{Address: types.StringValue("bigip"), TokenValue: types.StringValue("t")}, env: []string{"BIGIP_USER=u", "BIGIP_PASSWORD=p"},
			want: icontrol.Config{Address: "bigip", Token: "t"},
		},
		{
			name: "the switch of F5's provider is heard, with a warning", model: user, env: []string{"BIGIP_VERIFY_CERT_DISABLE=true"},
			want: icontrol.Config{Address: "bigip", Username: "u", Password: "p", Insecure: true},
			says: []string{"The device's certificate is not verified"},
		},
		{
			name: "BIGIP_INSECURE decides before it", model: user, env: []string{"BIGIP_VERIFY_CERT_DISABLE=true", "BIGIP_INSECURE=false"},
			want: icontrol.Config{Address: "bigip", Username: "u", Password: "p"},
		},
		{name: "no address", says: []string{"Missing the management address of the BIG-IP"}},
		{
			name: "no user", model: deviceModel{Address: types.StringValue("a")}, want: icontrol.Config{Address: "a"},
			says: []string{"Missing a user name (and a password), or a token"},
		},
		{
			name: "no password", model: deviceModel{Address: types.StringValue("a"), Username: types.StringValue("u")},
			want: icontrol.Config{Address: "a", Username: "u"}, says: []string{"Missing the password of the user u"},
		},
		{
			name: "values that are none", model: user, env: []string{"BIGIP_PORT=https", "BIGIP_INSECURE=maybe"},
			want: icontrol.Config{Address: "bigip", Username: "u", Password: "p"},
			says: []string{"Unable to use this setting of the provider", "Unable to use this setting of the provider"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, diags := test.model.config(env(test.env...))
			reveal := cmp.Comparer(func(a, b icontrol.Secret) bool { return a.Reveal() == b.Reveal() })
			if diff := cmp.Diff(test.want, got, reveal, cmpopts.IgnoreFields(icontrol.Config{}, "Logger")); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
			var says []string
			for _, d := range diags {
				says = append(says, d.Summary())
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
		{name: "three", env: []string{"BIGIP_HOST=a,b,c"}, want: "a b c", says: []string{"Unable to use this setting of the provider\n`addresses`: a pair has two units, and BIGIP_HOST names 3."}},
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
	for _, field := range []string{"Address", "Port", "Username", "Password", "Token", "LoginProvider", "CACertificatePEM", "CAFile"} {
		name := deviceAttribute(field).String()
		if _, ok := attributes[name]; !ok {
			t.Errorf("field %s: %q is no attribute", field, name)
		}
	}
}
