package kube

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// restConfig turns a Config into client-go's. Its errors are *ConfigError.
func (c Config) restConfig() (*rest.Config, error) {
	if c.IsZero() {
		return inClusterConfig()
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	rules, err := c.loadingRules()
	if err != nil {
		return nil, err
	}
	raw, err := c.kubeconfig(rules)
	if err != nil {
		return nil, err
	}
	if c.hasCredentials() {
		raw.AuthInfos = nil
	}
	// Not the deferred loader of clientcmd: that one falls back to localhost.
	rc, err := clientcmd.NewNonInteractiveClientConfig(*raw, c.ConfigContext, c.overrides(), rules).ClientConfig()
	if err != nil {
		return nil, &ConfigError{c.place(), err}
	}
	if c.Insecure != nil && !*c.Insecure { // clientcmd's overrides cannot say "no"
		rc.Insecure = false
	}
	return rc, nil
}

func inClusterConfig() (*rest.Config, error) {
	rc, err := rest.InClusterConfig()
	switch {
	case errors.Is(err, rest.ErrNotInCluster):
		return nil, &ConfigError{"", ErrNotConfigured}
	case err != nil:
		return nil, &ConfigError{"", fmt.Errorf("the pod's service account: %w", err)}
	}
	return rc, nil
}

// place is the attribute that tells where the cluster is.
func (c Config) place() string {
	switch {
	case c.ConfigPath != "":
		return "config_path"
	case len(c.ConfigPaths) > 0:
		return "config_paths"
	}
	return "host"
}

// loadingRules names the files. Each must exist: kubectl passes over one that
// does not, and a mistyped name would end at another cluster than the one meant.
func (c Config) loadingRules() (*clientcmd.ClientConfigLoadingRules, error) {
	paths := c.ConfigPaths
	if c.ConfigPath != "" {
		paths = []string{c.ConfigPath}
	}
	rules := &clientcmd.ClientConfigLoadingRules{}
	for _, path := range paths {
		expanded, err := expandHome(path)
		if err != nil {
			return nil, &ConfigError{c.place(), err}
		}
		switch info, err := os.Stat(expanded); {
		case err != nil:
			return nil, &ConfigError{c.place(), err}
		case info.IsDir():
			return nil, configErrorf(c.place(), "%s is a folder, not a kubeconfig file", expanded)
		}
		rules.Precedence = append(rules.Precedence, expanded)
	}
	return rules, nil
}

func expandHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return filepath.Join(home, path[1:]), nil
}

// kubeconfig loads the files and makes sure that the context, the cluster and
// the user asked for are in them; clientcmd would take others or none.
func (c Config) kubeconfig(rules *clientcmd.ClientConfigLoadingRules) (*api.Config, error) {
	if !c.hasKubeconfig() {
		return api.NewConfig(), nil
	}
	raw, err := rules.Load()
	if err != nil {
		return nil, &ConfigError{c.place(), err}
	}
	context, err := c.context(raw)
	if err != nil {
		return nil, err
	}
	if err := c.checkCluster(raw, context); err != nil {
		return nil, err
	}
	if err := c.checkAuthInfo(raw, context); err != nil {
		return nil, err
	}
	return raw, nil
}

func (c Config) context(raw *api.Config) (*api.Context, error) {
	name := cmp.Or(c.ConfigContext, raw.CurrentContext)
	switch context := raw.Contexts[name]; {
	case context != nil:
		return context, nil
	case c.ConfigContext != "":
		return nil, configErrorf("config_context", "there is no context %q; there are: %s", name, names(raw.Contexts))
	case name != "":
		return nil, configErrorf(c.place(), "its current-context %q is not in it; there are: %s", name, names(raw.Contexts))
	case c.Host != "" || c.ConfigContextCluster != "":
		return api.NewContext(), nil
	}
	return nil, configErrorf("config_context", "must be set, for the kubeconfig has no current-context; there are: %s", names(raw.Contexts))
}

func (c Config) checkCluster(raw *api.Config, context *api.Context) error {
	if name := c.ConfigContextCluster; name != "" && raw.Clusters[name] == nil {
		return configErrorf("config_context_cluster", "there is no cluster %q; there are: %s", name, names(raw.Clusters))
	}
	name := cmp.Or(c.ConfigContextCluster, context.Cluster)
	cluster := raw.Clusters[name]
	if cluster == nil && c.Host == "" {
		return configErrorf(c.place(), "its context names the cluster %q, which is not in it; there are: %s", name, names(raw.Clusters))
	}
	if cluster != nil && c.ProxyURL == "" { // clientcmd's own error would show the password in it
		if err := checkProxyURL(cluster.ProxyURL); err != nil {
			return configErrorf(c.place(), "proxy-url of the cluster %q %w", name, err)
		}
	}
	return nil
}

func (c Config) checkAuthInfo(raw *api.Config, context *api.Context) error {
	if name := c.ConfigContextAuthInfo; name != "" && raw.AuthInfos[name] == nil {
		return configErrorf("config_context_auth_info", "there is no user %q; there are: %s", name, names(raw.AuthInfos))
	}
	name := cmp.Or(c.ConfigContextAuthInfo, context.AuthInfo)
	if name != "" && raw.AuthInfos[name] == nil && !c.hasCredentials() {
		return configErrorf(c.place(), "its context names the user %q, who is not in it; there are: %s", name, names(raw.AuthInfos))
	}
	return nil
}

// names lists the keys of a kubeconfig's section for a message.
func names[V any](section map[string]V) string {
	return cmp.Or(strings.Join(slices.Sorted(maps.Keys(section)), ", "), "none")
}

func (c Config) overrides() *clientcmd.ConfigOverrides {
	o := &clientcmd.ConfigOverrides{
		Context: api.Context{Cluster: c.ConfigContextCluster, AuthInfo: c.ConfigContextAuthInfo},
		ClusterInfo: api.Cluster{
			Server:                   c.Host,
			TLSServerName:            c.TLSServerName,
			InsecureSkipTLSVerify:    c.Insecure != nil && *c.Insecure,
			CertificateAuthorityData: []byte(c.ClusterCACertificate),
			ProxyURL:                 c.ProxyURL.Reveal(),
		},
		AuthInfo: api.AuthInfo{
			Token:                 c.Token.Reveal(),
			Username:              c.Username,
			Password:              c.Password.Reveal(),
			ClientCertificateData: []byte(c.ClientCertificate),
			ClientKeyData:         []byte(c.ClientKey),
		},
	}
	if c.hasCredentials() {
		o.Context.AuthInfo = "" // the kubeconfig's users are out of play
	}
	if c.Exec != nil {
		o.AuthInfo.Exec = c.Exec.config()
	}
	return o
}

func (e Exec) config() *api.ExecConfig {
	out := &api.ExecConfig{APIVersion: e.APIVersion, Command: e.Command, InteractiveMode: api.IfAvailableExecInteractiveMode}
	for _, arg := range e.Args {
		out.Args = append(out.Args, arg.Reveal())
	}
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		out.Env = append(out.Env, api.ExecEnvVar{Name: name, Value: e.Env[name].Reveal()})
	}
	return out
}
