package kube

import "k8s.io/client-go/rest"

// RESTConfig is the configuration of a client for what a Source and a Watch do not
// do: Leases, Events, the status of pods. Errors are *ConfigError.
func RESTConfig(config Config, options Options) (*rest.Config, error) {
	_, rc, _, err := connect(config, options)
	return rc, err
}
