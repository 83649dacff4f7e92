package kube

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
)

// validate finds what is wrong with the attributes by themselves. Its errors
// are *ConfigError.
func (c Config) validate() error {
	checks := []func() error{c.checkPlace, c.checkHost, c.checkTLS, c.checkCredentials, c.checkClientCertificate, c.checkExec}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func configErrorf(field, format string, args ...any) error {
	return &ConfigError{Field: field, Err: fmt.Errorf(format, args...)}
}

// checkPlace: a cluster must be told, by a kubeconfig or by a host.
func (c Config) checkPlace() error {
	if c.ConfigPath != "" && len(c.ConfigPaths) > 0 {
		return configErrorf("config_paths", "cannot be set together with config_path")
	}
	if c.hasKubeconfig() {
		return nil
	}
	for _, a := range []struct{ field, value string }{
		{"config_context", c.ConfigContext},
		{"config_context_auth_info", c.ConfigContextAuthInfo},
		{"config_context_cluster", c.ConfigContextCluster},
	} {
		if a.value != "" {
			return configErrorf(a.field, "names a part of a kubeconfig: set config_path as well")
		}
	}
	if c.Host == "" {
		return configErrorf("host", "must be set, unless config_path is")
	}
	return nil
}

func (c Config) checkHost() error {
	if c.Host == "" {
		return nil
	}
	u, err := url.Parse(c.Host)
	switch {
	case err != nil: // the text may hold a password: not echoed
		return configErrorf("host", "is not a URL such as https://192.0.2.10:6443")
	case u.User != nil:
		return configErrorf("host", "must not contain a user name or a password")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return configErrorf("host", "%q must be a URL with scheme and host, such as https://192.0.2.10:6443", c.Host)
	case u.RawQuery != "" || u.Fragment != "":
		return configErrorf("host", "%q must not have a query or a fragment", u.Redacted())
	case u.Scheme == "http" && c.hasCredentials(): // client-go would drop them without a word
		return configErrorf("host", "credentials are not sent over plain http: use https")
	}
	return nil
}

func (c Config) checkTLS() error {
	if c.Insecure != nil && *c.Insecure && c.ClusterCACertificate != "" {
		return configErrorf("insecure", "cannot be true together with cluster_ca_certificate")
	}
	if c.ClusterCACertificate != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(c.ClusterCACertificate)) {
		return configErrorf("cluster_ca_certificate", "holds no certificate in PEM form (a kubeconfig has it base64-encoded: decode it)")
	}
	if err := checkProxyURL(string(c.ProxyURL)); err != nil {
		return &ConfigError{"proxy_url", err}
	}
	return nil
}

// checkProxyURL doesn't echo the URL, which may hold a password.
func checkProxyURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
		return errors.New("is not a URL with host and the scheme http, https or socks5")
	}
	return nil
}

// checkCredentials: one way to log in, and the whole of it. A client
// certificate may go with a token or a password, as with kubectl.
func (c Config) checkCredentials() error {
	user := c.Username != "" || c.Password != ""
	switch {
	case c.Exec != nil && (c.Token != "" || user || c.ClientCertificate != "" || c.ClientKey != ""):
		return configErrorf("exec", "cannot be mixed with token, username, password, client_certificate or client_key")
	case c.Token != "" && user:
		return configErrorf("token", "cannot be mixed with username and password")
	case c.Username != "" && c.Password == "":
		return configErrorf("password", "must be set together with username")
	case c.Password != "" && c.Username == "":
		return configErrorf("username", "must be set together with password")
	case strings.ContainsFunc(string(c.Token), func(r rune) bool { return r < ' ' || r == 0x7f }):
		return configErrorf("token", "must not contain line breaks or other control characters")
	}
	return nil
}

func (c Config) checkClientCertificate() error {
	switch {
	case c.ClientCertificate == "" && c.ClientKey == "":
		return nil
	case c.ClientKey == "":
		return configErrorf("client_key", "must be set together with client_certificate")
	case c.ClientCertificate == "":
		return configErrorf("client_certificate", "must be set together with client_key")
	}
	if _, err := tls.X509KeyPair([]byte(c.ClientCertificate), []byte(c.ClientKey)); err != nil {
		return &ConfigError{"client_certificate", fmt.Errorf("is no PEM pair with client_key: %w", err)}
	}
	return nil
}

func (c Config) checkExec() error {
	if c.Exec == nil {
		return nil
	}
	if versions := []string{"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"}; !slices.Contains(versions, c.Exec.APIVersion) {
		return configErrorf("exec.api_version", "%q must be %s", c.Exec.APIVersion, strings.Join(versions, " or "))
	}
	if c.Exec.Command == "" {
		return configErrorf("exec.command", "must be set")
	}
	if _, err := exec.LookPath(c.Exec.Command); err != nil {
		return &ConfigError{"exec.command", err}
	}
	if _, ok := c.Exec.Env[""]; ok {
		return configErrorf("exec.env", "has an empty name")
	}
	return nil
}
