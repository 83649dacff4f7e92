package icontrol

// The shapes here are the device's, without judgement: what the words mean is
// the caller's business. Read shapes have plain fields; in write shapes, whose
// names end in Body, a nil field is left out and so left alone, and a pointer to
// a zero value writes that zero.

// Pools are the pools of the device: /mgmt/tm/ltm/pool (icontrol-rest 3.1).
func (c *Client) Pools() Collection[Pool] {
	return Collection[Pool]{client: c, path: managementRoot + "ltm/pool"}
}

// Pool is a pool as the device shows it.
type Pool struct {
	Object
	AllowNAT               Word                  `json:"allowNat"` // yes, no
	AllowSNAT              Word                  `json:"allowSnat"`
	Description            string                `json:"description"`
	IgnorePersistedWeight  Flag                  `json:"ignorePersistedWeight"`
	IPToSToClient          Word                  `json:"ipTosToClient"` // "pass-through", "mimic" or a number
	IPToSToServer          Word                  `json:"ipTosToServer"`
	LinkQoSToClient        Word                  `json:"linkQosToClient"`
	LinkQoSToServer        Word                  `json:"linkQosToServer"`
	LoadBalancingMode      string                `json:"loadBalancingMode"`
	MinActiveMembers       Int                   `json:"minActiveMembers"`
	MinUpMembers           Int                   `json:"minUpMembers"`
	MinUpMembersAction     string                `json:"minUpMembersAction"`
	MinUpMembersChecking   Flag                  `json:"minUpMembersChecking"`
	Monitor                Word                  `json:"monitor"` // "/Common/a and /Common/b", "min 1 of { /Common/a }"
	QueueDepthLimit        Int                   `json:"queueDepthLimit"`
	QueueOnConnectionLimit Flag                  `json:"queueOnConnectionLimit"`
	QueueTimeLimit         Int                   `json:"queueTimeLimit"` // milliseconds
	ReselectTries          Int                   `json:"reselectTries"`
	ServiceDownAction      string                `json:"serviceDownAction"`
	SlowRampTime           Int                   `json:"slowRampTime"` // seconds
	MembersReference       Subcollection[Member] `json:"membersReference"`
}

// PoolBody writes a pool. Members replaces the whole list: use it to create.
type PoolBody struct {
	Object
	AllowNAT               *string      `json:"allowNat,omitempty"`  // yes, no
	AllowSNAT              *string      `json:"allowSnat,omitempty"` // yes, no
	Description            *string      `json:"description,omitempty"`
	IgnorePersistedWeight  *string      `json:"ignorePersistedWeight,omitempty"` // enabled, disabled
	IPToSToClient          *string      `json:"ipTosToClient,omitempty"`
	IPToSToServer          *string      `json:"ipTosToServer,omitempty"`
	LinkQoSToClient        *string      `json:"linkQosToClient,omitempty"`
	LinkQoSToServer        *string      `json:"linkQosToServer,omitempty"`
	LoadBalancingMode      *string      `json:"loadBalancingMode,omitempty"`
	MinActiveMembers       *int         `json:"minActiveMembers,omitempty"`
	MinUpMembers           *int         `json:"minUpMembers,omitempty"`
	MinUpMembersAction     *string      `json:"minUpMembersAction,omitempty"`
	MinUpMembersChecking   *string      `json:"minUpMembersChecking,omitempty"` // enabled, disabled
	Monitor                *string      `json:"monitor,omitempty"`              // "" for none; "min 1 of /Common/a", without braces
	QueueDepthLimit        *int         `json:"queueDepthLimit,omitempty"`
	QueueOnConnectionLimit *string      `json:"queueOnConnectionLimit,omitempty"` // enabled, disabled
	QueueTimeLimit         *int         `json:"queueTimeLimit,omitempty"`
	ReselectTries          *int         `json:"reselectTries,omitempty"`
	ServiceDownAction      *string      `json:"serviceDownAction,omitempty"`
	SlowRampTime           *int         `json:"slowRampTime,omitempty"`
	Members                []MemberBody `json:"members,omitempty"`
}

// Members are the members of one pool (icontrol-rest 3.2).
func (c *Client) Members(pool string) Collection[Member] {
	return Collection[Member]{
		client:   c,
		path:     c.Pools().object(pool) + "/members",
		skeleton: func(m Member) bool { return m.Address == "" && m.FQDN.Name == "" },
	}
}

// Member is a pool member as the device shows it.
type Member struct {
	Object
	Address         string `json:"address"` // "10.0.0.1%2"; "" or "any6" for a name (FQDN)
	Description     string `json:"description"`
	ConnectionLimit Int    `json:"connectionLimit"`
	Ephemeral       Flag   `json:"ephemeral"` // made by the device for a name (FQDN)
	FQDN            FQDN   `json:"fqdn"`
	Monitor         Word   `json:"monitor"` // "default": the pool's; "/Common/none": none
	PriorityGroup   Int    `json:"priorityGroup"`
	RateLimit       Word   `json:"rateLimit"` // "disabled" or a number
	Ratio           Int    `json:"ratio"`
	Session         string `json:"session"` // icontrol-rest 4.5
	State           string `json:"state"`
}

// FQDN is the name that a member's addresses come from.
type FQDN struct {
	Name string `json:"tmName"`
}

// MemberBody writes a pool member. Session is user-enabled or user-disabled,
// State user-up or user-down; the device refuses what else it shows
// (icontrol-rest 4.5).
type MemberBody struct {
	Object
	Address         *string `json:"address,omitempty"` // on create only
	Description     *string `json:"description,omitempty"`
	ConnectionLimit *int    `json:"connectionLimit,omitempty"`
	Monitor         *string `json:"monitor,omitempty"`
	PriorityGroup   *int    `json:"priorityGroup,omitempty"`
	RateLimit       *string `json:"rateLimit,omitempty"`
	Ratio           *int    `json:"ratio,omitempty"`
	Session         *string `json:"session,omitempty"`
	State           *string `json:"state,omitempty"`
}

// Nodes are the addresses behind the members (icontrol-rest 3.3).
func (c *Client) Nodes() Collection[Node] {
	return Collection[Node]{client: c, path: managementRoot + "ltm/node"}
}

// Node is a node as the device shows it.
type Node struct {
	Object
	Address     string `json:"address"`
	Description string `json:"description"`
	Ephemeral   Flag   `json:"ephemeral"`
	FQDN        FQDN   `json:"fqdn"`
}

// VirtualAddresses are the addresses behind the virtual servers (icontrol-rest 3.5).
func (c *Client) VirtualAddresses() Collection[VirtualAddress] {
	return Collection[VirtualAddress]{client: c, path: managementRoot + "ltm/virtual-address"}
}

// VirtualAddress is a virtual address as the device shows it.
type VirtualAddress struct {
	Object
	Address string `json:"address"`
}
