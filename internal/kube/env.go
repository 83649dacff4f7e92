package kube

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
)

// ConfigFromEnv makes a Config of the environment alone: see [Config.WithEnv].
func ConfigFromEnv(getenv func(string) string) (Config, error) { return Config{}.WithEnv(getenv) }

// WithEnv fills what is not set from the names that hashicorp/kubernetes reads:
//
//	KUBE_CONFIG_PATH  KUBE_CONFIG_PATHS (a list like PATH)
//	KUBE_CTX  KUBE_CTX_AUTH_INFO  KUBE_CTX_CLUSTER
//	KUBE_HOST  KUBE_CLUSTER_CA_CERT_DATA  KUBE_INSECURE  KUBE_TLS_SERVER_NAME  KUBE_PROXY_URL
//	KUBE_TOKEN  KUBE_USER (or KUBE_USERNAME)  KUBE_PASSWORD  KUBE_CLIENT_CERT_DATA  KUBE_CLIENT_KEY_DATA
//
// A name gives way when its value would contradict what is set: KUBE_TOKEN to a
// configured exec or username, KUBE_CONFIG_PATHS to a config_path, and so on.
// It fails with a [ConfigError] when KUBE_INSECURE is not a boolean.
func (c Config) WithEnv(getenv func(string) string) (Config, error) {
	set := c // what is set decides, not what was filled in just before
	fill := func(field *string, name string) { *field = cmp.Or(*field, getenv(name)) }
	secret := func(field *Secret, name string) { *field = cmp.Or(*field, Secret(getenv(name))) }

	if !set.hasKubeconfig() {
		c.ConfigPath = getenv("KUBE_CONFIG_PATH")
		if c.ConfigPath == "" {
			c.ConfigPaths = filepath.SplitList(getenv("KUBE_CONFIG_PATHS"))
		}
	}
	fill(&c.ConfigContext, "KUBE_CTX")
	fill(&c.ConfigContextAuthInfo, "KUBE_CTX_AUTH_INFO")
	fill(&c.ConfigContextCluster, "KUBE_CTX_CLUSTER")

	fill(&c.Host, "KUBE_HOST")
	fill(&c.TLSServerName, "KUBE_TLS_SERVER_NAME")
	secret(&c.ProxyURL, "KUBE_PROXY_URL")
	if set.Insecure == nil || !*set.Insecure {
		fill(&c.ClusterCACertificate, "KUBE_CLUSTER_CA_CERT_DATA")
	}
	if text := getenv("KUBE_INSECURE"); text != "" && set.Insecure == nil && set.ClusterCACertificate == "" {
		insecure, err := strconv.ParseBool(text)
		if err != nil {
			return c, &ConfigError{"insecure", fmt.Errorf("KUBE_INSECURE is %q; it must be true or false", text)}
		}
		c.Insecure = &insecure
	}

	hasToken, hasUser := set.Token != "", set.Username != "" || set.Password != ""
	if set.Exec == nil && !hasUser {
		secret(&c.Token, "KUBE_TOKEN")
	}
	if set.Exec == nil && !hasToken {
		fill(&c.Username, "KUBE_USER")
		fill(&c.Username, "KUBE_USERNAME")
		secret(&c.Password, "KUBE_PASSWORD")
	}
	if set.Exec == nil {
		fill(&c.ClientCertificate, "KUBE_CLIENT_CERT_DATA")
		secret(&c.ClientKey, "KUBE_CLIENT_KEY_DATA")
	}
	return c, nil
}
