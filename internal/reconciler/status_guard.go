package reconciler

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

// PageOptions are about who may look at the page.
type PageOptions struct {
	Auth      string // "none-on-loopback", "token" or "kubernetes"
	TokenFile string // of "token"; "" = BIGIPKUBE_PAGE_TOKEN
}

// The values of PageOptions.Auth.
const (
	authLoopback   = "none-on-loopback"
	authToken      = "token"
	authKubernetes = "kubernetes"
)

// pageTokenVariable has the token, for the page and for who looks at it.
const pageTokenVariable = "BIGIPKUBE_PAGE_TOKEN" //nolint:gosec // a name

const (
	// reviewKept is how long an answer of the cluster is good for.
	reviewKept = 10 * time.Second
	reviewTime = 10 * time.Second
	// mostKept are the answers that are kept: anybody may come with a token.
	mostKept = 1000
)

// readPage checks who may look.
func (s *settings) readPage() error {
	o := s.Page
	switch {
	case o.Auth != authLoopback && o.Auth != authToken && o.Auth != authKubernetes:
		return invalid("--page-auth", fmt.Sprintf("%q is none of %s, %s and %s", o.Auth, authLoopback, authToken, authKubernetes))
	case o.Auth == authToken && o.TokenFile == "" && s.Getenv(pageTokenVariable) == "":
		return missing("--page-token-file", pageTokenVariable, "the token of the page")
	case o.Auth != authToken && o.TokenFile != "":
		return invalid("--page-token-file", "it needs --page-auth="+authToken)
	}
	return nil
}

// guard is who may look.
func (h *helper) guard() (page.Guard, error) {
	o := h.settings.Page
	switch o.Auth {
	case authToken:
		return page.Token{Read: func() (string, error) { return readToken("--page-token-file", o.TokenFile, h.settings.Getenv) }}, nil
	case authKubernetes:
		if h.clients[""] == nil {
			return nil, missing("--kubeconfig", "KUBE_CONFIG_PATH", "the cluster that says who may look at the page")
		}
		return page.Reviews{Review: (&reviews{client: h.clients[""]}).review}, nil
	}
	return page.Loopback{}, nil
}

// readToken is the token in a file, else in the environment; "" if there is none.
func readToken(flag, file string, getenv func(string) string) (string, error) {
	if file == "" {
		return getenv(pageTokenVariable), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", invalid(flag, err.Error())
	}
	return strings.TrimSpace(string(text)), nil
}

// reviews asks a cluster whose a token is (TokenReview), and whether he may get
// page.NonResourcePath (SubjectAccessReview). It keeps the answers for a while: a page is
// several requests.
type reviews struct {
	client kubernetes.Interface

	mu   sync.Mutex
	kept map[[sha256.Size]byte]verdict
}

type verdict struct {
	known, may bool
	until      time.Time
}

// review is page.Reviews's.
func (r *reviews) review(ctx context.Context, token string) (known, may bool, err error) {
	key := sha256.Sum256([]byte(token))
	r.mu.Lock()
	v := r.kept[key]
	r.mu.Unlock()
	if time.Now().Before(v.until) {
		return v.known, v.may, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reviewTime)
	defer cancel()
	if v.known, v.may, err = r.ask(ctx, token); err != nil {
		return false, false, err
	}
	v.until = time.Now().Add(reviewKept)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= mostKept {
		r.kept = map[[sha256.Size]byte]verdict{}
	}
	r.kept[key] = v
	return v.known, v.may, nil
}

func (r *reviews) ask(ctx context.Context, token string) (known, may bool, err error) {
	who, err := r.client.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token},
	}, metav1.CreateOptions{})
	if err != nil || !who.Status.Authenticated {
		return false, false, err
	}
	extra := make(map[string]authorizationv1.ExtraValue, len(who.Status.User.Extra))
	for name, value := range who.Status.User.Extra {
		extra[name] = authorizationv1.ExtraValue(value)
	}
	user := who.Status.User
	asked, err := r.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: page.NonResourcePath, Verb: "get"},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return true, false, err
	}
	return true, asked.Status.Allowed && !asked.Status.Denied, nil
}
