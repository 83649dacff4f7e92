package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A policy's life from 12.1 on (icontrol-rest 3.6):
//
//	POST /P/Drafts/x ─▶ draft ──publish──▶ published /P/x
//	                      ▲                    │
//	                      └────createDraft─────┘  (a copy; publishing replaces)
//	POST /P/x {"legacy":true} ─▶ legacy, changed in place
//
// Before 12.1 there are no drafts and no status.

// The words of a policy's status.
const (
	policyDraft     = "draft"
	policyPublished = "published"
	policyLegacy    = "legacy"
)

// PolicyRule is a rule of a policy as it is evaluated.
type PolicyRule struct {
	Name       string
	Ordinal    int64
	Conditions []*Object
	Actions    []*Object
}

// PolicyRules are the rules of a policy in the order of evaluation: by ordinal,
// then by name. Conditions and actions are in the numeric order of their names.
func PolicyRules(policy *Object) []PolicyRule {
	items := policy.Sub("rules").Items()
	rules := make([]PolicyRule, 0, len(items))
	for _, o := range items {
		ordinal, _ := o.Get("ordinal").(int64)
		rules = append(rules, PolicyRule{
			Name: o.Path, Ordinal: ordinal,
			Conditions: numbered(o.Sub("conditions")), Actions: numbered(o.Sub("actions")),
		})
	}
	slices.SortStableFunc(rules, func(a, b PolicyRule) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	return rules
}

func numbered(items Collection) []*Object {
	list := slices.Clone(items.Items())
	number := func(o *Object) int {
		n, err := strconv.Atoi(o.Path)
		if err != nil {
			return len(list)
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b *Object) int { return cmp.Compare(number(a), number(b)) })
	return list
}

func (c *Candidate) hasDrafts() bool { return c.Schema.Version.AtLeast(12, 1) }

// draftsFolder is the last folder of a draft's path.
const draftsFolder = "Drafts"

func isDraftPath(path string) bool { return Name(Folder(path)) == draftsFolder }

// draftPath and publishedPath lead from one copy of a policy to the other.
func draftPath(path string) string     { return Join(Join(Folder(path), draftsFolder), Name(path)) }
func publishedPath(path string) string { return Join(Folder(Folder(path)), Name(path)) }

func publishedIsReadOnly(path string) error {
	return badRequest("01071abb:3: Cannot create/modify published policy '%s' directly, try specifying a draft folder like '%s'.", path, draftPath(path))
}

func createPolicy(c *Candidate, o *Object, given Values) error {
	delete(o.Set, "createDraft")
	delete(o.Set, "legacy")
	if !c.hasDrafts() {
		return nil
	}
	o.Set["status"] = policyDraft
	switch {
	case given["legacy"] == true:
		o.Set["status"] = policyLegacy
	case !isDraftPath(o.Path):
		return publishedIsReadOnly(o.Path)
	case c.tables[o.Type].Find(publishedPath(o.Path)) != nil:
		return badRequest("01070734:3: Configuration error: Published policy %q exists, use create-draft to create a draft copy .", publishedPath(o.Path))
	}
	c.stamp(o, "lastModified")
	return nil
}

func modifyPolicy(c *Candidate, old, o *Object, given Values) error {
	delete(o.Set, "createDraft")
	delete(o.Set, "legacy")
	if !c.hasDrafts() {
		return nil
	}
	if given["createDraft"] == true {
		return c.createDraft(old)
	}
	if given["legacy"] == true && old.Text("status") == policyPublished {
		o.Set["status"] = policyLegacy
	}
	if o.Text("status") == policyPublished {
		return publishedIsReadOnly(old.Path)
	}
	c.stamp(o, "lastModified")
	return nil
}

// createDraft copies a published policy into the folder for drafts.
func (c *Candidate) createDraft(published *Object) error {
	path := draftPath(published.Path)
	switch {
	case published.Text("status") == policyDraft:
		return badRequest("01070734:3: Configuration error: Policy %q is a draft already.", published.Path)
	case !c.FolderExists(Folder(path)):
		return FolderNotFound(Folder(path))
	case c.tables[published.Type].Find(path) != nil:
		return alreadyExists(published.Type, "", path)
	}
	draft := published.clone()
	draft.Path, draft.Generation = path, c.Generation
	draft.Set["status"], draft.Set["publishedCopy"] = policyDraft, published.Path
	c.put("", draft)
	return nil
}

// policyItems guards rules, conditions and actions: those of a published policy
// cannot be changed.
func policyItems(_ *Candidate, o *Object) error {
	if o.Text("status") == policyPublished {
		return publishedIsReadOnly(o.Path)
	}
	return nil
}

// runPolicy is {"command":"publish"}: the draft takes the place of the published
// policy and is gone.
func runPolicy(c *Candidate, command, path string) error {
	t := c.Schema.mustType("ltm/policy")
	if command != "publish" || !c.hasDrafts() {
		return invalidValue("command", command)
	}
	draft := c.tables[t].Find(path)
	switch {
	case draft == nil:
		return NotFound(t, "", path)
	case draft.Text("status") != policyDraft:
		return badRequest("01070734:3: Configuration error: Policy %q is not a draft.", path)
	}
	published := draft.clone()
	published.Path, published.Generation = publishedPath(path), c.Generation
	published.Set["status"] = policyPublished
	delete(published.Set, "publishedCopy")
	c.stamp(published, "lastModified")
	c.drop("", draft)
	c.put("", published)
	return nil
}

// policyOptions is ?options=create-draft and ?options=legacy.
func policyOptions(_ *Candidate, _ *Object, words []string) (map[string]any, error) {
	switch strings.Join(words, " ") {
	case "create-draft":
		return map[string]any{"createDraft": true}, nil
	case "legacy":
		return map[string]any{"legacy": true}, nil
	}
	return nil, Usage("%q unknown property", strings.Join(words, " "))
}

// policyVerbs exclude each other in one action.
var policyVerbs = []string{"select", "insert", "remove", "replace", "redirect", "reset", "write", "enable", "disable"}

// policyEvents are the moments at which a condition or an action is evaluated.
var policyEvents = []string{
	"request", "response", "clientAccepted", "proxyConnect", "proxyRequest", "proxyResponse", "sslClientHello",
	"sslClientServerhelloSend", "sslServerHandshake", "sslServerHello", "wsRequest", "wsResponse", "classificationDetected",
}

func createAction(c *Candidate, o *Object, _ Values) error { return c.settleAction(o) }

func modifyAction(c *Candidate, _, o *Object, _ Values) error { return c.settleAction(o) }

func (c *Candidate) settleAction(o *Object) error {
	verb := ""
	for _, word := range policyVerbs {
		switch {
		case !o.Is(word):
		case verb != "":
			return Usage("%q may not be specified with %q", kebab(verb), kebab(word))
		default:
			verb = word
		}
	}
	settleItem(o)
	return nil
}

func createCondition(_ *Candidate, o *Object, _ Values) error {
	settleItem(o)
	return nil
}

func modifyCondition(_ *Candidate, _, o *Object, _ Values) error {
	settleItem(o)
	return nil
}

// settleItem completes bare names with /Common. Without an event it is the
// request (inferred).
func settleItem(o *Object) {
	for _, f := range o.Type.Fields {
		if path, _ := o.Set[f.Name].(string); f.Kind == Ref && path != "" {
			o.Set[f.Name] = Join("/Common", path)
		}
	}
	if !slices.ContainsFunc(policyEvents, o.Is) {
		o.Set["request"] = true
	}
}

// checkPolicy looks again at the virtual servers that have the policy.
func checkPolicy(c *Candidate, o *Object) error {
	for _, virtual := range c.tables[c.Schema.mustType("ltm/virtual")].Items() {
		if virtual.Sub("policies").Find(o.Path) == nil {
			continue
		}
		if err := c.checkPolicies(virtual); err != nil {
			return err
		}
	}
	return nil
}

// checkPolicies holds a virtual server's policies and profiles together.
func (c *Candidate) checkPolicies(virtual *Object) error {
	for _, attached := range virtual.Sub("policies").Items() {
		policy := c.tables[c.Schema.mustType("ltm/policy")].Find(attached.Path)
		switch {
		case policy == nil:
		case policy.Text("status") == policyDraft:
			return badRequest("01070734:3: Configuration error: Virtual server %s cannot use draft policy %s, publish it first.", virtual.Path, policy.Path)
		case needsHTTP(policy) && !c.hasProfile(virtual, "ltm/profile/http"):
			return badRequest("010716d9:3: Virtual server %s requires a profile of type http for ltm policy %s.", virtual.Path, policy.Path)
		case needsClientHello(policy) && !c.readsClientHello(virtual):
			return badRequest("010716d9:3: Virtual server %s requires a profile of type clientssl or ssl persistence for ltm policy %s.", virtual.Path, policy.Path)
		}
	}
	return nil
}

// needsHTTP: a policy needs an http profile if it says so or has a word that is
// about HTTP (the latter inferred: devices derive "requires" from the rules).
func needsHTTP(policy *Object) bool {
	requires, _ := policy.Get("requires").([]string)
	if slices.Contains(requires, "http") {
		return true
	}
	for _, rule := range policy.Sub("rules").Items() {
		for _, item := range slices.Concat(rule.Sub("conditions").Items(), rule.Sub("actions").Items()) {
			for name := range item.Set {
				if strings.HasPrefix(name, "http") && item.Is(name) {
					return true
				}
			}
		}
	}
	return false
}

// needsClientHello: a policy needs the client's TLS hello if it says so, or if one of its
// rules looks at it (inferred, as for http).
func needsClientHello(policy *Object) bool {
	requires, _ := policy.Get("requires").([]string)
	return slices.Contains(requires, "ssl-persistence") || HasClientHello(policy)
}

// HasClientHello tells that a policy has rules for the moment of the client's TLS hello.
func HasClientHello(policy *Object) bool {
	for _, rule := range policy.Sub("rules").Items() {
		for _, item := range slices.Concat(rule.Sub("conditions").Items(), rule.Sub("actions").Items()) {
			if item.Is("sslClientHello") {
				return true
			}
		}
	}
	return false
}

// readsClientHello: a virtual server looks at TLS hellos to end TLS, or to persist by what
// is in them: without a client-ssl profile the generic ssl persistence is what the device's
// validation asks for (F5's article "SNI Routing with DNS lookup"; the text of the refusal
// is inferred).
func (c *Candidate) readsClientHello(virtual *Object) bool {
	return c.hasProfile(virtual, "ltm/profile/client-ssl") ||
		c.FindAny([]*Type{c.Schema.mustType("ltm/persistence/ssl")}, virtual.Text("persist")) != nil
}
