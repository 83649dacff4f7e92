package config

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"maps"
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

// roles are the words that auth/user takes, and what each comes to here: the
// roles without a rule of their own read only (inferred).
var roles = map[string]Role{
	"admin": RoleAdmin, "resource-admin": RoleAdmin, "manager": RoleManager, "operator": RoleOperator, "guest": RoleGuest,
	"user-manager": RoleGuest, "application-editor": RoleGuest, "auditor": RoleGuest, "certificate-manager": RoleGuest,
	"irule-manager": RoleGuest, "no-access": RoleGuest,
}

// allPartitions is the partition of a user without bounds.
const allPartitions = "all-partitions"

// User is a local user.
type User struct {
	Name      string
	Password  string // in clear; only for a user to be made
	Role      Role
	Partition string // "" or "all-partitions": all
}

// String leaves the password out, so that no log line has it.
func (u User) String() string { return u.Name + " (" + string(u.Role) + ")" }

// Everywhere says whether the user is not bound to one partition.
func (u User) Everywhere() bool { return u.Partition == "" || u.Partition == allPartitions }

// Validate refuses a user that no device could have.
func (u User) Validate() error {
	switch {
	case u.Name == "" || strings.ContainsAny(u.Name, "/: "):
		return fmt.Errorf("user %q: a name is a word without blank, slash and colon", u.Name)
	case u.Password == "":
		return fmt.Errorf("user %s: the password is empty", u.Name)
	case !slices.Contains([]Role{RoleAdmin, RoleManager, RoleOperator, RoleGuest}, u.Role):
		return fmt.Errorf("user %s: there is no role %q; there are admin, manager, operator, guest", u.Name, u.Role)
	}
	return nil
}

// Actor is the user as mcpd sees it.
func (u User) Actor() Actor {
	a := Actor{User: u.Name, Metadata: u.Role == RoleAdmin, SessionOnly: u.Role == RoleOperator}
	if !u.Everywhere() {
		a.Partition = u.Partition
	}
	return a
}

// User finds a local user by name; nil if there is none. The password is not in it.
func (s *State) User(name string) *User {
	o := s.tables[s.Schema.mustType("auth/user")].Find(name)
	if o == nil {
		return nil
	}
	u := &User{Name: name, Role: RoleGuest}
	for _, access := range accesses(o.Set["partitionAccess"]) {
		u.Role, u.Partition = roles[access.role], access.partition
	}
	return u
}

// Login is User, if the password is right.
func (s *State) Login(name, password string) *User {
	o := s.tables[s.Schema.mustType("auth/user")].Find(name)
	if o == nil {
		return nil
	}
	known := o.Text("encryptedPassword")
	salt, _, _ := strings.Cut(known, "$")
	if subtle.ConstantTimeCompare([]byte(known), []byte(encrypt(salt, password))) != 1 {
		return nil
	}
	return s.User(name)
}

// encrypt is how passwords are kept: good enough for those of a simulator.
func encrypt(salt, password string) string {
	sum := sha256.Sum256([]byte(salt + "$" + password))
	return salt + "$" + base64.RawStdEncoding.EncodeToString(sum[:])
}

type access struct{ partition, role string }

// accesses reads partitionAccess: [{"name":"all-partitions","role":"admin"}].
func accesses(value any) []access {
	items, _ := value.([]any)
	list := make([]access, 0, len(items))
	for _, item := range items {
		object, _ := item.(map[string]any)
		name, _ := object["name"].(string)
		role, _ := object["role"].(string)
		list = append(list, access{name, role})
	}
	return list
}

// createUser and modifyUser keep the password encrypted only.
func createUser(c *Candidate, o *Object, _ Values) error {
	if o.Text("password") == "" {
		return badRequest("01070734:3: Configuration error: user %s: a password is needed", o.Path)
	}
	return modifyUser(c, nil, o, nil)
}

func modifyUser(c *Candidate, old, o *Object, _ Values) error {
	if password := o.Text("password"); password != "" {
		o.Set["encryptedPassword"] = encrypt(rand.Text()[:8], password)
	} else if old != nil {
		o.Set["encryptedPassword"] = old.Set["encryptedPassword"]
	}
	delete(o.Set, "password")
	if o.System {
		return nil
	}
	for _, access := range accesses(o.Set["partitionAccess"]) {
		if _, known := roles[access.role]; !known {
			return invalidValue("role", access.role)
		}
		if access.partition != allPartitions && c.tables[c.Schema.mustType("auth/partition")].Find(access.partition) == nil {
			return dangling("Partition", access.partition)
		}
	}
	return nil
}

// addUser puts a user in that the device is started with. Its partition may come
// later.
func (c *Candidate) addUser(u User) error {
	if err := u.Validate(); err != nil {
		return err
	}
	t := c.Schema.mustType("auth/user")
	if c.tables[t].Find(u.Name) != nil {
		return fmt.Errorf("user %s is there twice", u.Name)
	}
	partition := u.Partition
	if u.Everywhere() {
		partition = allPartitions
	}
	set := Values{"password": u.Password, "partitionAccess": []any{map[string]any{"name": partition, "role": string(u.Role)}}}
	o := &Object{Type: t, Path: u.Name, Generation: c.Generation, System: true, Set: maps.Clone(set)}
	if err := createUser(c, o, set); err != nil {
		return err
	}
	c.put("", o)
	return nil
}
