package icontrol

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				return value
			}
		}
		return ""
	}
}

func TestWhatIsSetCountsBeforeTheEnvironment(t *testing.T) {
	t.Parallel()
	on, off := true, false
	user := Settings{Addresses: []string{"bigip"}, Config: Config{Username: "u", Password: "p"}}
	for _, test := range []struct {
		name       string
		settings   Settings
		env        []string
		want       []Config
		unverified bool
		says       []string
	}{
		{
			name: "everything from the environment",
			env: []string{
				"BIGIP_HOST=https://bigip:8443", "BIGIP_PORT=9443", "BIGIP_USER=u", "BIGIP_PASSWORD=p", "BIGIP_LOGIN_REF=radius",
				"BIGIP_TRUSTED_CERT_PATH=/ca.pem", "BIGIP_INSECURE=true",
			},
			want: []Config{{
				Address: "https://bigip:8443", Port: 9443, Username: "u", Password: "p", LoginProvider: "radius", CAFile: "/ca.pem", Insecure: true,
			}},
		},
		{
			name: "what is set wins",
			settings: Settings{Addresses: []string{"a"}, Insecure: &off, Config: Config{
				Port: 1, Username: "u", Password: "p", LoginProvider: "l", CACertificatePEM: "PEM", CAFile: "f",
			}},
			env: []string{
				"BIGIP_HOST=x", "BIGIP_PORT=2", "BIGIP_USER=x", "BIGIP_PASSWORD=x", "BIGIP_LOGIN_REF=x",
				"BIGIP_TRUSTED_CERT_PATH=x", "BIGIP_INSECURE=true", "BIGIP_VERIFY_CERT_DISABLE=true",
			},
			want: []Config{{Address: "a", Port: 1, Username: "u", Password: "p", LoginProvider: "l", CACertificatePEM: "PEM", CAFile: "f"}},
		},
		{
			name: "a pair", settings: Settings{Config: user.Config, Insecure: &on}, env: []string{"BIGIP_HOST=a, b"},
			want: []Config{{Address: "a", Username: "u", Password: "p", Insecure: true}, {Address: "b", Username: "u", Password: "p", Insecure: true}},
		},
		{
			name: "a user keeps a token in the environment out", settings: user, env: []string{"BIGIP_TOKEN_VALUE=t"},
			want: []Config{{Address: "bigip", Username: "u", Password: "p"}},
		},
		{
			name:     "a token keeps a user in the environment out",
			settings: Settings{Addresses: []string{"bigip"}, Config: Config{Token: "t"}}, env: []string{"BIGIP_USER=u", "BIGIP_PASSWORD=p"},
			want: []Config{{Address: "bigip", Token: "t"}},
		},
		{
			name: "the switch of F5's provider is heard", settings: user, env: []string{"BIGIP_VERIFY_CERT_DISABLE=true"},
			want: []Config{{Address: "bigip", Username: "u", Password: "p", Insecure: true}}, unverified: true,
		},
		{
			name: "BIGIP_INSECURE decides before it", settings: user, env: []string{"BIGIP_VERIFY_CERT_DISABLE=true", "BIGIP_INSECURE=false"},
			want: []Config{{Address: "bigip", Username: "u", Password: "p"}},
		},
		{name: "no address", settings: Settings{Config: user.Config}, says: []string{"Address: the management address of the BIG-IP is needed (BIGIP_HOST)"}},
		{
			name: "no user", settings: Settings{Addresses: []string{"a"}},
			says: []string{"Username: a user name (and a password), or a token is needed (BIGIP_USER)"},
		},
		{
			name: "no password", settings: Settings{Addresses: []string{"a"}, Config: Config{Username: "u"}},
			says: []string{"Password: the password of the user u is needed (BIGIP_PASSWORD)"},
		},
		{
			name: "values that are none", settings: user, env: []string{"BIGIP_PORT=https", "BIGIP_INSECURE=maybe"},
			says: []string{`Port: BIGIP_PORT is "https"; it must be a number from 1 to 65535 ()`, `Insecure: BIGIP_INSECURE is "maybe"; it must be true or false ()`},
		},
		{
			name: "a token for a pair", settings: Settings{Addresses: []string{"a", "b"}, Config: Config{Token: "t"}},
			says: []string{"Token: a token is good for one device: a pair needs a user name and a password ()"},
		},
		{
			name: "three units", settings: Settings{Config: user.Config}, env: []string{"BIGIP_HOST=a,b,c"},
			says: []string{"Address: a pair has two units, and BIGIP_HOST names 3 ()"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, problems := test.settings.Configs(environment(test.env...))
			reveal := cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() })
			if diff := cmp.Diff(test.want, got, reveal, cmpopts.IgnoreFields(Config{}, "Observe")); diff != "" {
				t.Errorf("configs (-want +got):\n%s", diff)
			}
			var says []string
			for _, p := range problems {
				says = append(says, p.Error()+" ("+p.Env+")")
			}
			if diff := cmp.Diff(test.says, says); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if got := test.settings.UnverifiedByEnv(environment(test.env...)); got != test.unverified {
				t.Errorf("unverified by the environment: %t", got)
			}
		})
	}
}
