package kube

import (
	"cmp"

	"k8s.io/client-go/rest"
)

// RESTConfig is the configuration of a client for what a Source and a Watch do not
// do: Leases, Events, the status of pods. Errors are *ConfigError.
func RESTConfig(config Config, options Options) (*rest.Config, error) {
	rc, err := config.restConfig()
	if err != nil {
		return nil, err
	}
	rc.UserAgent = cmp.Or(options.UserAgent, defaultUserAgent)
	rc.QPS = -1 // the API server's own priority and fairness is the judge
	rc.ContentType = "application/vnd.kubernetes.protobuf"
	rc.AcceptContentTypes = rc.ContentType + ",application/json"
	rc.WarningHandlerWithContext = rest.NoWarnings{}
	return rc, nil
}
