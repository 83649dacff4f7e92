package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// authenticate finds out who asks, and refuses in one of the three shapes of
// 401 (icontrol-rest 1.4).
func (s *Server) authenticate(r *request) (*config.User, error) {
	if token := r.Header.Get("X-F5-Auth-Token"); token != "" {
		user, err := s.tokens.user(r.state, token)
		if err != nil {
			if !s.version.AtLeast(14, 0) && s.version.AtLeast(13, 1) && err.message == tokenUnknown {
				err = &restError{status: err.status, message: err.message, stack: []string{
					"java.lang.SecurityException: " + tokenUnknown,
					"at com.f5.rest.workers.EvaluatePermissions.evaluatePermission(EvaluatePermissions.java:162)",
				}}
			}
			return nil, err
		}
		return user, nil
	}
	name, password, ok := r.BasicAuth()
	if !ok {
		return nil, &restError{status: http.StatusUnauthorized, message: "Authorization failed: no user authentication header or token detected. Uri:http://localhost:8100" +
			r.uri() + " Referrer:" + remoteIP(r.Request) + " Sender:" + remoteIP(r.Request)}
	}
	if user := r.state.Login(name, password); user != nil {
		return user, nil
	}
	return nil, &htmlError{http.StatusUnauthorized, "F5 Authorization Required", "This server could not verify that you are authorized to access the document requested."}
}

// authorize is restjavad's look at role and URL; what a role may not do with an
// object is refused later, by mcpd. Denied URLs are 401, never 403.
func (s *Server) authorize(r *request) error {
	if r.user.Role == config.RoleAdmin || s.permitted(r) {
		return nil
	}
	return &restError{status: http.StatusUnauthorized, message: "Authorization failed: user=https://localhost/mgmt/shared/authz/users/" + r.user.Name +
		" resource=" + r.uri() + " verb=" + r.Method + " uri:http://localhost:8100" + r.uri() +
		" referrer:" + remoteIP(r.Request) + " sender:" + remoteIP(r.Request)}
}

func (s *Server) permitted(r *request) bool {
	if !s.version.AtLeast(13, 1) {
		return false
	}
	path := strings.Join(r.path, "/")
	if r.Method == http.MethodGet || strings.HasPrefix(path, "shared/authz/tokens/") {
		return true
	}
	switch r.user.Role {
	case config.RoleManager:
		return slices.ContainsFunc([]string{"tm/ltm/", "tm/transaction", "tm/sys/config"}, func(prefix string) bool {
			return strings.HasPrefix(path, prefix)
		})
	case config.RoleOperator:
		return (r.Method == http.MethodPatch || r.Method == http.MethodPut) && (strings.HasPrefix(path, "tm/ltm/node/") || strings.Contains(path, "/members/"))
	}
	return false
}
