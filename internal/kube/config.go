package kube

import (
	"errors"
	"reflect"
)

// Config says how to reach one cluster. Its fields are the attributes of the
// hashicorp/kubernetes provider, with the same meaning. The zero value of a
// field is "not set"; a Config with nothing set is the cluster that the process
// runs in. Neither KUBECONFIG nor ~/.kube/config is read.
//
// Host, certificate authority and so on replace what the kubeconfig's cluster
// has; credentials replace all of what its user has, so that two ways to log in
// never mix.
//
// A Config may be printed: its secrets are redacted.
type Config struct {
	ConfigPath  string   // kubeconfig file; "~" is the home folder
	ConfigPaths []string // several, merged like KUBECONFIG; instead of ConfigPath

	ConfigContext         string // default: the kubeconfig's current context
	ConfigContextAuthInfo string // a user of the kubeconfig, instead of the context's
	ConfigContextCluster  string // a cluster of the kubeconfig, instead of the context's

	Host                 string // URL of the API server, "https://192.0.2.10:6443"
	ClusterCACertificate string // PEM
	Insecure             *bool  // no verification of the server's certificate; nil: as the kubeconfig has it
	TLSServerName        string // name expected in the server's certificate; default: that of Host
	ProxyURL             Secret // http, https or socks5; may hold a password

	Token             Secret
	Username          string
	Password          Secret
	ClientCertificate string // PEM
	ClientKey         Secret // PEM
	Exec              *Exec
}

// Exec is a command that prints credentials (client.authentication.k8s.io).
type Exec struct {
	APIVersion string // client.authentication.k8s.io/v1 or v1beta1
	Command    string
	Args       []Secret          // may hold secrets
	Env        map[string]Secret // added to the process's own environment
}

// IsZero reports whether nothing is set.
func (c Config) IsZero() bool {
	if len(c.ConfigPaths) == 0 {
		c.ConfigPaths = nil
	}
	return reflect.ValueOf(c).IsZero()
}

// InCluster reports whether the process runs in a pod, and so whether a Config
// with nothing set means a cluster.
func InCluster(getenv func(string) string) bool {
	return getenv("KUBERNETES_SERVICE_HOST") != "" && getenv("KUBERNETES_SERVICE_PORT") != ""
}

func (c Config) hasKubeconfig() bool { return c.ConfigPath != "" || len(c.ConfigPaths) > 0 }

func (c Config) hasCredentials() bool {
	return c.Token != "" || c.Username != "" || c.Password != "" ||
		c.ClientCertificate != "" || c.ClientKey != "" || c.Exec != nil
}

// ErrNotConfigured is the cause of the [ConfigError] for a Config with nothing
// set, outside a pod.
var ErrNotConfigured = errors.New("no Kubernetes cluster is configured: set config_path, or host, or run in a pod")

// ConfigError says which attribute of a [Config] is wrong, and why.
type ConfigError struct {
	Field string // the attribute as users write it: "config_path", "exec.command"; "" for the whole
	Err   error  // without secrets
}

// Error implements error.
func (e *ConfigError) Error() string {
	if e.Field == "" {
		return e.Err.Error()
	}
	return e.Field + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }
