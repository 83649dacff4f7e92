package icontrol

// Policies are the local traffic policies (icontrol-rest 3.6). Read them with
// [Expand], which brings the rules with their conditions and actions.
func (c *Client) Policies() Collection[Policy] {
	return Collection[Policy]{client: c, path: managementRoot + "ltm/policy"}
}

// PolicyRules are the rules of one policy.
func (c *Client) PolicyRules(policy string) Collection[PolicyRule] {
	return Collection[PolicyRule]{client: c, path: c.Policies().object(policy) + "/rules"}
}

// Policy is a local traffic policy as the device shows it.
type Policy struct {
	Object
	Controls       []string                  `json:"controls"`
	Description    string                    `json:"description"`
	Requires       []string                  `json:"requires"`
	Status         string                    `json:"status"` // "legacy", "published", "draft"; "" before 12.1
	Strategy       string                    `json:"strategy"`
	RulesReference Subcollection[PolicyRule] `json:"rulesReference"`
}

// PolicyRule is one rule of a policy. The device evaluates by ordinal.
type PolicyRule struct {
	Name                string                    `json:"name"`
	Description         string                    `json:"description"`
	Ordinal             Int                       `json:"ordinal"`
	ActionsReference    Subcollection[PolicyItem] `json:"actionsReference"`
	ConditionsReference Subcollection[PolicyItem] `json:"conditionsReference"`
}

// PolicyItem is a condition or an action: a hundred words of which few are there,
// most of them flags that are true or absent. Its name, "0", "1" …, is its place.
type PolicyItem map[string]any

// PolicyBody writes a policy. Rules replaces the whole list. With Legacy the policy
// is changed in place, without a draft, and so within a transaction.
type PolicyBody struct {
	Object
	Controls    *[]string         `json:"controls,omitempty"`
	Description *string           `json:"description,omitempty"`
	Legacy      bool              `json:"legacy,omitempty"`
	Requires    *[]string         `json:"requires,omitempty"`
	Rules       *[]PolicyRuleBody `json:"rules,omitempty"`
	Strategy    *string           `json:"strategy,omitempty"`
}

// PolicyRuleBody writes a rule.
type PolicyRuleBody struct {
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Ordinal     int          `json:"ordinal"`
	Conditions  []PolicyItem `json:"conditions,omitempty"`
	Actions     []PolicyItem `json:"actions,omitempty"`
}
