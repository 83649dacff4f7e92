package kubetest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	adminUser  = "admin"
	viewerUser = "viewer"
	nobodyUser = "nobody"

	tokensFile            = "tokens.csv"
	serviceAccountKeyFile = "service-account.key"
	adminKubeconfigFile   = "admin.kubeconfig"
	stagesFile            = "stages.yaml"
)

var (
	//go:embed stages/node.yaml
	nodeStages string
	//go:embed stages/pod.yaml
	podStages string
)

// writeCredentials writes what the processes read at their start: the users' tokens, the key of service accounts, and
// kwok's stages.
func (cp *ControlPlane) writeCredentials() error {
	cp.users = map[string]string{}
	var tokens strings.Builder
	for i, user := range slices.Concat([]string{adminUser, viewerUser, nobodyUser}, cp.options.Users) {
		cp.users[user] = rand.Text()
		fmt.Fprintf(&tokens, "%s,%s,%d", cp.users[user], user, i)
		if user == adminUser {
			tokens.WriteString(",system:masters")
		}
		tokens.WriteByte('\n')
	}
	const keyBits = 2048
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	for name, content := range map[string]string{
		tokensFile:            tokens.String(),
		serviceAccountKeyFile: string(keyPEM),
		stagesFile:            nodeStages + "---\n" + strings.ReplaceAll(podStages, "POD_NETWORK", strconv.Itoa(cp.options.PodNetwork)),
	} {
		if err := os.WriteFile(cp.file(name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// CAData is the content of CAFile.
func (cp *ControlPlane) CAData() []byte {
	data, err := os.ReadFile(cp.CAFile())
	if err != nil {
		panic(err) // the API server wrote it before Start returned
	}
	return data
}

// Token is the bearer token of a user: "admin", "viewer", "nobody" or one of Options.Users. It panics for another.
func (cp *ControlPlane) Token(user string) string {
	token, ok := cp.users[user]
	if !ok {
		panic("kubetest: no user " + user + ": name it in Options.Users")
	}
	return token
}

// RESTConfig is the administrator's configuration of a client.
func (cp *ControlPlane) RESTConfig() *rest.Config { return cp.UserRESTConfig(adminUser) }

// UserRESTConfig is a user's configuration of a client, without a rate limit.
func (cp *ControlPlane) UserRESTConfig(user string) *rest.Config {
	return &rest.Config{
		Host:            cp.URL(),
		BearerToken:     cp.Token(user),
		TLSClientConfig: rest.TLSClientConfig{CAData: cp.CAData()},
		QPS:             -1,
	}
}

// Kubeconfig writes the administrator's kubeconfig, readable by its owner only. Its context is "kubetest".
func (cp *ControlPlane) Kubeconfig(path string) error { return cp.UserKubeconfig(path, adminUser) }

// UserKubeconfig writes a user's kubeconfig. Its context is "kubetest".
func (cp *ControlPlane) UserKubeconfig(path, user string) error {
	const name = "kubetest"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: cp.URL(), CertificateAuthorityData: cp.CAData()}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: cp.Token(user)}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	return clientcmd.WriteToFile(*config, path)
}

// Grant gives a user rights in the whole cluster, besides those it has, and returns when they are in force.
func (cp *ControlPlane) Grant(ctx context.Context, user string, rules ...rbacv1.PolicyRule) error {
	rbac := cp.client.RbacV1()
	role, err := rbac.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{GenerateName: user + "-"},
		Rules:      rules,
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if _, err = rbac.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: user + "-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	return cp.waitAllowed(ctx, user, rules)
}

// waitAllowed polls: the server's authoriser learns of a role through a watch of its own, and can only be asked.
func (cp *ControlPlane) waitAllowed(ctx context.Context, user string, rules []rbacv1.PolicyRule) error {
	for _, rule := range rules {
		if len(rule.APIGroups) == 0 || len(rule.Resources) == 0 || len(rule.Verbs) == 0 {
			continue // nonResourceURLs
		}
		resource, subresource, _ := strings.Cut(rule.Resources[0], "/")
		name := ""
		if len(rule.ResourceNames) > 0 {
			name = rule.ResourceNames[0]
		}
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Group: rule.APIGroups[0], Resource: resource, Subresource: subresource, Name: name, Verb: rule.Verbs[0],
			},
		}}
		err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
			answer, err := cp.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			return err == nil && answer.Status.Allowed, err
		})
		if err != nil {
			return fmt.Errorf("rights of %s: %w", user, err)
		}
	}
	return nil
}
