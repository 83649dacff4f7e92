package kube

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: east
clusters:
- {name: east, cluster: {server: "https://east.example:6443", insecure-skip-tls-verify: true}}
- {name: west, cluster: {server: "https://west.example:6443"}}
- {name: proxied, cluster: {server: "https://proxied.example:6443", proxy-url: "ftp://user:s3cret@proxy"}}
users:
- {name: eve, user: {token: eve-token}}
- {name: wanda, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: get-token, interactiveMode: Never}}}
contexts:
- {name: east, context: {cluster: east, user: eve}}
- {name: west, context: {cluster: west, user: wanda}}
- {name: proxied, context: {cluster: proxied, user: eve}}
- {name: broken-cluster, context: {cluster: north, user: eve}}
- {name: broken-user, context: {cluster: east, user: nils}}
`

// access is what is left of a rest.Config that can be compared.
type access struct {
	Host, Token, Username, Password, ServerName, CA, Cert, Command string
	Insecure                                                       bool
}

func accessOf(rc *rest.Config) access {
	a := access{
		Host: rc.Host, Token: rc.BearerToken, Username: rc.Username, Password: rc.Password,
		ServerName: rc.ServerName, CA: string(rc.CAData), Cert: string(rc.CertData), Insecure: rc.Insecure,
	}
	if rc.ExecProvider != nil {
		a.Command = strings.Join(append([]string{rc.ExecProvider.Command}, rc.ExecProvider.Args...), " ")
		for _, e := range rc.ExecProvider.Env {
			a.Command += " " + e.Name + "=" + e.Value
		}
	}
	return a
}

func TestAConfigBecomesTheAccessItDescribes(t *testing.T) {
	t.Parallel()
	path := writeFile(t, kubeconfig)
	ca := newAuthority(t)
	certificate, key := ca.client(t, "eve")
	for name, tt := range map[string]struct {
		config Config
		want   access
	}{
		"the current context": {
			Config{ConfigPath: path},
			access{Host: "https://east.example:6443", Token: "eve-token", Insecure: true},
		},
		"another context": {
			Config{ConfigPath: path, ConfigContext: "west"},
			access{Host: "https://west.example:6443", Command: "get-token"},
		},
		"another cluster and user of the file": {
			Config{ConfigPath: path, ConfigContext: "west", ConfigContextCluster: "east", ConfigContextAuthInfo: "eve"},
			access{Host: "https://east.example:6443", Token: "eve-token", Insecure: true},
		},
		"several files, the first one's word first": {
			Config{ConfigPaths: []string{writeFile(t, "apiVersion: v1\nkind: Config\ncurrent-context: west\n"), path}},
			access{Host: "https://west.example:6443", Command: "get-token"},
		},
		"secure in spite of the file": {
			Config{ConfigPath: path, Insecure: new(false)},
			access{Host: "https://east.example:6443", Token: "eve-token"},
		},
		"an authority in spite of the file's insecure": {
			Config{ConfigPath: path, ClusterCACertificate: ca.pem},
			access{Host: "https://east.example:6443", Token: "eve-token", CA: ca.pem},
		},
		"credentials replace the file's user": {
			Config{ConfigPath: path, ConfigContext: "west", Token: "t"},
			access{Host: "https://west.example:6443", Token: "t"},
		},
		"a host replaces the file's": {
			Config{ConfigPath: path, Host: "https://north.example"},
			access{Host: "https://north.example", Token: "eve-token", Insecure: true},
		},
		"host and token": {
			Config{Host: "https://north.example/k8s/clusters/c-1", Token: "t", TLSServerName: "api"},
			access{Host: "https://north.example/k8s/clusters/c-1", Token: "t", ServerName: "api"},
		},
		"host and password": {
			Config{Host: "https://north.example", Username: "u", Password: "p", Insecure: new(true)},
			access{Host: "https://north.example", Username: "u", Password: "p", Insecure: true},
		},
		"host and client certificate": {
			Config{Host: "https://north.example", ClientCertificate: certificate, ClientKey: Secret(key)},
			access{Host: "https://north.example", Cert: certificate},
		},
		"host and exec": {
			Config{Host: "https://north.example", Exec: &Exec{
				APIVersion: "client.authentication.k8s.io/v1", Command: "sh", Args: []Secret{"a", "b"}, Env: map[string]Secret{"Y": "2", "X": "1"},
			}},
			access{Host: "https://north.example", Command: "sh a b X=1 Y=2"},
		},
		"plain http without credentials, as kubectl proxy has it": {
			Config{Host: "http://127.0.0.1:8001"},
			access{Host: "http://127.0.0.1:8001"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rc, err := tt.config.restConfig()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, accessOf(rc)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAConfigThatCannotWorkIsAnErrorAtItsAttribute(t *testing.T) {
	t.Parallel()
	path := writeFile(t, kubeconfig)
	ca := newAuthority(t)
	certificate, key := ca.client(t, "eve")
	_, otherKey := ca.client(t, "eve")
	exec := func(e Exec) Config { return Config{Host: "https://h", Exec: &e} }
	folder := t.TempDir()
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"no such file":         {Config{ConfigPath: "/no/such/file"}, "config_path: stat /no/such/file: no such file or directory"},
		"one file is missing":  {Config{ConfigPaths: []string{path, "/no/such/file"}}, "config_paths: stat /no/such/file: no such file or directory"},
		"a folder":             {Config{ConfigPath: folder}, "config_path: " + folder + " is a folder, not a kubeconfig file"},
		"a path and paths":     {Config{ConfigPath: path, ConfigPaths: []string{path}}, "config_paths: cannot be set together with config_path"},
		"unknown context":      {Config{ConfigPath: path, ConfigContext: "x"}, `config_context: there is no context "x"; there are: broken-cluster, broken-user, east, proxied, west`},
		"unknown cluster":      {Config{ConfigPath: path, ConfigContextCluster: "x"}, `config_context_cluster: there is no cluster "x"; there are: east, proxied, west`},
		"unknown user":         {Config{ConfigPath: path, ConfigContextAuthInfo: "x"}, `config_context_auth_info: there is no user "x"; there are: eve, wanda`},
		"broken cluster":       {Config{ConfigPath: path, ConfigContext: "broken-cluster"}, `config_path: its context names the cluster "north", which is not in it; there are: east, proxied, west`},
		"broken user":          {Config{ConfigPath: path, ConfigContext: "broken-user"}, `config_path: its context names the user "nils", who is not in it; there are: eve, wanda`},
		"the file's proxy":     {Config{ConfigPath: path, ConfigContext: "proxied"}, `config_path: proxy-url of the cluster "proxied" is not a URL with host and the scheme http, https or socks5`},
		"no current context":   {Config{ConfigPath: writeFile(t, strings.Replace(kubeconfig, "current-context: east\n", "", 1))}, `config_context: must be set, for the kubeconfig has no current-context; there are: broken-cluster, broken-user, east, proxied, west`},
		"bad current context":  {Config{ConfigPath: writeFile(t, "apiVersion: v1\nkind: Config\ncurrent-context: x\n")}, `config_path: its current-context "x" is not in it; there are: none`},
		"a context alone":      {Config{ConfigContext: "east"}, "config_context: names a part of a kubeconfig: set config_path as well"},
		"a token alone":        {Config{Token: "s3cret"}, "host: must be set, unless config_path is"},
		"no scheme":            {Config{Host: "192.0.2.10:6443"}, "host: is not a URL such as https://192.0.2.10:6443"},
		"a host name alone":    {Config{Host: "api.example"}, `host: "api.example" must be a URL with scheme and host, such as https://192.0.2.10:6443`},
		"another scheme":       {Config{Host: "ftp://api.example"}, `host: "ftp://api.example" must be a URL with scheme and host, such as https://192.0.2.10:6443`},
		"password in the host": {Config{Host: "https://u:s3cret@api.example"}, "host: must not contain a user name or a password"},
		"query in the host":    {Config{Host: "https://api.example?x"}, `host: "https://api.example?x" must not have a query or a fragment`},
		"secrets over http":    {Config{Host: "http://h", Token: "s3cret"}, "host: credentials are not sent over plain http: use https"},
		"insecure with CA":     {Config{Host: "https://h", Insecure: new(true), ClusterCACertificate: ca.pem}, "insecure: cannot be true together with cluster_ca_certificate"},
		"CA in base64":         {Config{Host: "https://h", ClusterCACertificate: "LS0tLS1CRUdJTg=="}, "cluster_ca_certificate: holds no certificate in PEM form (a kubeconfig has it base64-encoded: decode it)"},
		"proxy":                {Config{Host: "https://h", ProxyURL: "ftp://u:s3cret@p"}, "proxy_url: is not a URL with host and the scheme http, https or socks5"},
		"token and password":   {Config{Host: "https://h", Token: "s3cret", Username: "u", Password: "s3cret"}, "token: cannot be mixed with username and password"},
		"no password":          {Config{Host: "https://h", Username: "u"}, "password: must be set together with username"},
		"no user":              {Config{Host: "https://h", Password: "s3cret"}, "username: must be set together with password"},
		"line break in token":  {Config{Host: "https://h", Token: "s3cret\n"}, "token: must not contain line breaks or other control characters"},
		"certificate, no key":  {Config{Host: "https://h", ClientCertificate: certificate}, "client_key: must be set together with client_certificate"},
		"key, no certificate":  {Config{Host: "https://h", ClientKey: Secret(key)}, "client_certificate: must be set together with client_key"},
		"another's key":        {Config{Host: "https://h", ClientCertificate: certificate, ClientKey: Secret(otherKey)}, "client_certificate: is no PEM pair with client_key: tls: private key does not match public key"},
		"exec and token":       {Config{Host: "https://h", Token: "s3cret", Exec: &Exec{}}, "exec: cannot be mixed with token, username, password, client_certificate or client_key"},
		"exec version":         {exec(Exec{APIVersion: "client.authentication.k8s.io/v1alpha1", Command: "sh"}), `exec.api_version: "client.authentication.k8s.io/v1alpha1" must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1`},
		"exec without command": {exec(Exec{APIVersion: "client.authentication.k8s.io/v1"}), "exec.command: must be set"},
		"exec not installed":   {exec(Exec{APIVersion: "client.authentication.k8s.io/v1", Command: "no-such-command"}), `exec.command: exec: "no-such-command": executable file not found in $PATH`},
		"exec env":             {exec(Exec{APIVersion: "client.authentication.k8s.io/v1", Command: "sh", Env: map[string]Secret{"": "s3cret"}}), "exec.env: has an empty name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := New(tt.config, Options{})
			var configErr *ConfigError
			if !errors.As(err, &configErr) || source != nil {
				t.Fatalf("got %v, %v; want a ConfigError and no client", source, err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAKubeconfigThatCannotBeReadShowsNoneOfItsSecrets(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"no YAML":            "users: [{user: {token: s3cret}",
		"wrong type":         "apiVersion: v1\nkind: Config\nusers: [{name: a, user: {token: [s3cret]}}]\n",
		"certificate data":   strings.Replace(kubeconfig, "token: eve-token", "client-certificate-data: czNjcmV0, client-key-data: czNjcmV0", 1),
		"missing cert files": strings.Replace(kubeconfig, "token: eve-token", "client-certificate: /no/such/file, client-key: /no/such/file", 1),
		"two ways to log in": strings.Replace(kubeconfig, "token: eve-token", "token: s3cret, username: u, password: s3cret", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Config{ConfigPath: writeFile(t, content)}, Options{})
			var configErr *ConfigError
			if !errors.As(err, &configErr) || configErr.Field != "config_path" {
				t.Fatalf("got %v, want a ConfigError at config_path", err)
			}
			if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "czNjcmV0") {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}

// Not parallel: the home folder is the process's.
func TestATildeIsTheHomeFolder(t *testing.T) {
	path := writeFile(t, kubeconfig)
	t.Setenv("HOME", filepath.Dir(path))
	rc, err := Config{ConfigPath: "~/" + filepath.Base(path)}.restConfig()
	if err != nil {
		t.Fatal(err)
	}
	if rc.Host != "https://east.example:6443" {
		t.Errorf("host is %q", rc.Host)
	}
	if _, err := (Config{ConfigPath: "~/other"}).restConfig(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the error of the home folder's file", err)
	}
}
