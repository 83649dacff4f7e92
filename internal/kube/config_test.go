package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPrintingAConfigShowsNoSecret(t *testing.T) {
	t.Parallel()
	config := Config{
		Host: "https://192.0.2.10:6443", ProxyURL: "http://user:s3cret@proxy:3128",
		Token: "s3cret", Password: "s3cret", ClientKey: "s3cret",
		Exec: &Exec{Command: "get-token", Args: []Secret{"--password=s3cret"}, Env: map[string]Secret{"KEY": "s3cret"}},
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", config, "exec", *config.Exec)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "config", config)
	asJSON, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(config), fmt.Sprintf("%+v", config), fmt.Sprintf("%#v", config), fmt.Sprintf("%q %x", config.Token, config.Password),
		fmt.Sprintf("%+v %#v", config.Exec, *config.Exec), string(asJSON), log.String(),
	} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, fmt.Sprintf("%x", "s3cret")) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	if !strings.Contains(fmt.Sprint(config), "https://192.0.2.10:6443") {
		t.Error("what is no secret is not shown")
	}
}

func TestAConfigWithNothingSetIsZero(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config Config
		want   bool
	}{
		"nothing":              {Config{}, true},
		"an empty list":        {Config{ConfigPaths: []string{}}, true},
		"a path":               {Config{ConfigPath: "x"}, false},
		"an explicit insecure": {Config{Insecure: new(false)}, false},
		"a secret":             {Config{Token: "x"}, false},
		"exec":                 {Config{Exec: &Exec{}}, false},
	} {
		if got := tt.config.IsZero(); got != tt.want {
			t.Errorf("%s: IsZero is %v", name, got)
		}
	}
}

func TestAProcessIsInTheClusterWhenKubernetesSaysSo(t *testing.T) {
	t.Parallel()
	if InCluster(environment(nil)) {
		t.Error("in the cluster without its variables")
	}
	if !InCluster(environment(map[string]string{"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"})) {
		t.Error("not in the cluster in spite of its variables")
	}
}

// Not parallel: client-go reads the process's environment.
func TestNothingSetMeansThePodsOwnCluster(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	t.Setenv("KUBERNETES_SERVICE_PORT", "")
	t.Setenv("KUBECONFIG", writeFile(t, kubeconfig)) // must not be read
	_, err := New(Config{}, Options{})
	if !errors.Is(err, ErrNotConfigured) {
		t.Errorf("outside a pod: %v", err)
	}

	t.Setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	_, err = New(Config{}, Options{}) // a pod without a service account: there is no token here
	var configErr *ConfigError
	if !errors.As(err, &configErr) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("inside a pod: %v", err)
	}
}

func TestTheEnvironmentFillsWhatIsNotSet(t *testing.T) {
	t.Parallel()
	got, err := ConfigFromEnv(environment(map[string]string{
		"KUBE_CONFIG_PATH": "a", "KUBE_CONFIG_PATHS": "b:c", "KUBE_CTX": "d", "KUBE_CTX_AUTH_INFO": "e", "KUBE_CTX_CLUSTER": "f",
		"KUBE_HOST": "g", "KUBE_CLUSTER_CA_CERT_DATA": "h", "KUBE_INSECURE": "true", "KUBE_TLS_SERVER_NAME": "i", "KUBE_PROXY_URL": "j",
		"KUBE_TOKEN": "k", "KUBE_USER": "l", "KUBE_USERNAME": "no", "KUBE_PASSWORD": "m", "KUBE_CLIENT_CERT_DATA": "n", "KUBE_CLIENT_KEY_DATA": "o",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		ConfigPath: "a", ConfigContext: "d", ConfigContextAuthInfo: "e", ConfigContextCluster: "f",
		Host: "g", ClusterCACertificate: "h", Insecure: new(true), TLSServerName: "i", ProxyURL: "j",
		Token: "k", Username: "l", Password: "m", ClientCertificate: "n", ClientKey: "o",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhatIsSetWinsOverTheEnvironment(t *testing.T) {
	t.Parallel()
	exec := &Exec{Command: "x"}
	for name, tt := range map[string]struct {
		config Config
		env    map[string]string
		want   Config
	}{
		"nothing in the environment": {Config{Host: "a"}, nil, Config{Host: "a"}},
		"a value":                    {Config{Host: "a"}, map[string]string{"KUBE_HOST": "b"}, Config{Host: "a"}},
		"a path over paths":          {Config{ConfigPath: "a"}, map[string]string{"KUBE_CONFIG_PATHS": "b"}, Config{ConfigPath: "a"}},
		"paths over a path":          {Config{ConfigPaths: []string{"a"}}, map[string]string{"KUBE_CONFIG_PATH": "b"}, Config{ConfigPaths: []string{"a"}}},
		"paths are a list like PATH": {Config{}, map[string]string{"KUBE_CONFIG_PATHS": "a:b"}, Config{ConfigPaths: []string{"a", "b"}}},
		"the other user name":        {Config{}, map[string]string{"KUBE_USERNAME": "a", "KUBE_PASSWORD": "b"}, Config{Username: "a", Password: "b"}},
		"half and half":              {Config{Username: "a"}, map[string]string{"KUBE_PASSWORD": "b", "KUBE_TOKEN": "c"}, Config{Username: "a", Password: "b"}},
		"a token over a user":        {Config{Token: "a"}, map[string]string{"KUBE_USER": "b", "KUBE_PASSWORD": "c"}, Config{Token: "a"}},
		"exec over all credentials":  {Config{Exec: exec}, map[string]string{"KUBE_TOKEN": "a", "KUBE_USER": "b", "KUBE_CLIENT_KEY_DATA": "c"}, Config{Exec: exec}},
		"secure over insecure":       {Config{Insecure: new(false)}, map[string]string{"KUBE_INSECURE": "true"}, Config{Insecure: new(false)}},
		"an authority over insecure": {Config{ClusterCACertificate: "a"}, map[string]string{"KUBE_INSECURE": "true"}, Config{ClusterCACertificate: "a"}},
		"insecure over an authority": {Config{Insecure: new(true)}, map[string]string{"KUBE_CLUSTER_CA_CERT_DATA": "a"}, Config{Insecure: new(true)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.config.WithEnv(environment(tt.env))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestABooleanOfTheEnvironmentThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	_, err := ConfigFromEnv(environment(map[string]string{"KUBE_INSECURE": "yes"}))
	if want := `insecure: KUBE_INSECURE is "yes"; it must be true or false`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
