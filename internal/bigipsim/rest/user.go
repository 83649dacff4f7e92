package rest

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// Role is what a user may do.
type Role string

// The roles that are told apart (icontrol-rest 1.4).
const (
	RoleAdmin    Role = "admin"    // everything
	RoleManager  Role = "manager"  // objects of its partition
	RoleOperator Role = "operator" // session and state of members and nodes
	RoleGuest    Role = "guest"    // reading
)

// User is a local user.
type User struct {
	Name      string
	Password  string
	Role      Role
	Partition string // "" or "all-partitions": all
}

// String leaves the password out, so that no log line has it.
func (u User) String() string { return u.Name + " (" + string(u.Role) + ")" }

func (u *User) everywhere() bool { return u.Partition == "" || u.Partition == "all-partitions" }

type users struct {
	byName map[string]*User
	admin  string // the built-in administrator
}

func newUsers(list []User) *users {
	u := &users{byName: map[string]*User{}}
	for i := range list {
		user := list[i]
		if u.admin == "" {
			u.admin = user.Name
		}
		u.byName[user.Name] = &user
	}
	return u
}

// check returns the user if the password is right.
func (u *users) check(name, password string) *User {
	user := u.byName[name]
	if user == nil || subtle.ConstantTimeCompare([]byte(user.Password), []byte(password)) != 1 {
		return nil
	}
	return user
}

// authenticate finds out who asks, and refuses in one of the three shapes of
// 401 (icontrol-rest 1.4).
func (s *Server) authenticate(r *request) (*User, error) {
	if token := r.Header.Get("X-F5-Auth-Token"); token != "" {
		user, err := s.tokens.user(token)
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
	if user := s.users.check(name, password); user != nil {
		return user, nil
	}
	return nil, &htmlError{http.StatusUnauthorized, "F5 Authorization Required", "This server could not verify that you are authorized to access the document requested."}
}

// authorize is restjavad's look at role and URL; what a role may not do with an
// object is refused later, by mcpd. Denied URLs are 401, never 403.
func (s *Server) authorize(r *request) error {
	if r.user.Role == RoleAdmin || s.permitted(r) {
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
	case RoleManager:
		return slices.ContainsFunc([]string{"tm/ltm/", "tm/net/", "tm/transaction", "tm/sys/config"}, func(prefix string) bool {
			return strings.HasPrefix(path, prefix)
		})
	case RoleOperator:
		return r.Method == http.MethodPatch && (strings.HasPrefix(path, "tm/ltm/node/") || strings.Contains(path, "/members/"))
	}
	return false
}
