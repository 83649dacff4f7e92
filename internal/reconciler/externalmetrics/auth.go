package externalmetrics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	genericoptions "k8s.io/apiserver/pkg/server/options"
)

// Where the API server says whose certificates it and its users have.
const (
	authenticationNamespace = "kube-system"
	authenticationConfigMap = "extension-apiserver-authentication"
)

// How long answers of the API server are good for; as the library's own options have it.
const (
	reviewTimeout = 10 * time.Second
	reviewCache   = 10 * time.Second
)

// authenticate makes who asks, and what he may, the API server's to say. This is what the
// library's options do; they read a kubeconfig file, and the helper may have none.
func (s *Server) authenticate(ctx context.Context) error {
	client := s.config.Client
	headers := headerrequest.NewRequestHeaderAuthRequestController(authenticationConfigMap, authenticationNamespace, client,
		"requestheader-username-headers", "requestheader-uid-headers", "requestheader-group-headers",
		"requestheader-extra-headers-prefix", "requestheader-allowed-names")
	proxies, err := dynamiccertificates.NewDynamicCAFromConfigMapController("front proxies", authenticationNamespace, authenticationConfigMap,
		"requestheader-client-ca-file", client)
	if err != nil {
		return err
	}
	if err := errors.Join(headers.RunOnce(ctx), proxies.RunOnce(ctx)); err != nil {
		return fmt.Errorf("read ConfigMap %s/%s: %w", authenticationNamespace, authenticationConfigMap, err)
	}
	requestHeader := &authenticatorfactory.RequestHeaderConfig{
		CAContentProvider:   proxies,
		UsernameHeaders:     headerrequest.StringSliceProviderFunc(headers.UsernameHeaders),
		UIDHeaders:          headerrequest.StringSliceProviderFunc(headers.UIDHeaders),
		GroupHeaders:        headerrequest.StringSliceProviderFunc(headers.GroupHeaders),
		ExtraHeaderPrefixes: headerrequest.StringSliceProviderFunc(headers.ExtraHeaderPrefixes),
		AllowedClientNames:  headerrequest.StringSliceProviderFunc(headers.AllowedClientNames),
	}
	authentication := authenticatorfactory.DelegatingAuthenticatorConfig{
		TokenAccessReviewClient: client.AuthenticationV1(), TokenAccessReviewTimeout: reviewTimeout, WebhookRetryBackoff: backoff(),
		CacheTTL: reviewCache, RequestHeaderConfig: requestHeader,
	}
	authenticator, _, err := authentication.New()
	if err != nil {
		return err
	}
	authorization := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: client.AuthorizationV1(), AllowCacheTTL: reviewCache, DenyCacheTTL: reviewCache, WebhookRetryBackoff: backoff(),
	}
	reviews, err := authorization.New()
	if err != nil {
		return err
	}
	s.base.Authentication.Authenticator, s.base.Authentication.RequestHeaderConfig = authenticator, requestHeader
	s.base.Authorization.Authorizer = reviews
	if err := s.base.Authentication.ApplyClientCert(proxies, s.serving); err != nil {
		return err
	}
	go headers.Run(ctx, 1) // the serving side runs the controller of the certificates
	return nil
}

func backoff() *wait.Backoff { return genericoptions.DefaultAuthWebhookRetryBackoff() }
