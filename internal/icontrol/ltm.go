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
	Description       string                `json:"description"`
	LoadBalancingMode string                `json:"loadBalancingMode"`
	MinActiveMembers  Int                   `json:"minActiveMembers"`
	Monitor           Word                  `json:"monitor"` // "/Common/a and /Common/b", "min 1 of { /Common/a }"
	ServiceDownAction string                `json:"serviceDownAction"`
	SlowRampTime      Int                   `json:"slowRampTime"` // seconds
	MembersReference  Subcollection[Member] `json:"membersReference"`
}

// PoolBody writes a pool. Members replaces the whole list: use it to create.
type PoolBody struct {
	Object
	Description       *string      `json:"description,omitempty"`
	LoadBalancingMode *string      `json:"loadBalancingMode,omitempty"`
	MinActiveMembers  *int         `json:"minActiveMembers,omitempty"`
	Monitor           *string      `json:"monitor,omitempty"` // "" for none; "min 1 of /Common/a", without braces
	ServiceDownAction *string      `json:"serviceDownAction,omitempty"`
	SlowRampTime      *int         `json:"slowRampTime,omitempty"`
	Members           []MemberBody `json:"members,omitempty"`
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
	Monitor         Word   `json:"monitor"` // "default": the pool's
	PriorityGroup   Int    `json:"priorityGroup"`
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
	PriorityGroup   *int    `json:"priorityGroup,omitempty"`
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

// VirtualServers are the virtual servers of the device (icontrol-rest 3.4).
func (c *Client) VirtualServers() Collection[VirtualServer] {
	return Collection[VirtualServer]{client: c, path: managementRoot + "ltm/virtual"}
}

// VirtualServer is a virtual server as the device shows it.
type VirtualServer struct {
	Object
	Description              string                        `json:"description"`
	Destination              string                        `json:"destination"` // "" with a traffic matching criteria
	Enabled                  Flag                          `json:"enabled"`
	Disabled                 Flag                          `json:"disabled"`
	FallbackPersistence      Word                          `json:"fallbackPersistence"`
	IPProtocol               string                        `json:"ipProtocol"`
	Mask                     string                        `json:"mask"`
	Persist                  []Persistence                 `json:"persist"`
	Pool                     Word                          `json:"pool"`
	ProfilesReference        Subcollection[VirtualProfile] `json:"profilesReference"`
	Rules                    []string                      `json:"rules"`
	Source                   string                        `json:"source"`
	SourceAddressTranslation SourceAddressTranslation      `json:"sourceAddressTranslation"`
}

// Persistence is a persistence profile on a virtual server.
type Persistence struct {
	Name      string `json:"name"`
	Partition string `json:"partition,omitempty"`
	SubPath   string `json:"subPath,omitempty"`
	// Default is "yes" on the one profile that applies unless a rule says otherwise.
	Default string `json:"tmDefault,omitempty"`
}

// VirtualProfile is a profile on a virtual server.
type VirtualProfile struct {
	Object
	Context string `json:"context"` // all, clientside, serverside
}

// SourceAddressTranslation is none, automap or snat with a SNAT pool.
type SourceAddressTranslation struct {
	Type string `json:"type"`
	Pool string `json:"pool,omitempty"`
}

// VirtualServerBody writes a virtual server. A list that is not nil replaces
// the whole list, so an empty one clears it.
type VirtualServerBody struct {
	Object
	Description              *string                       `json:"description,omitempty"`
	Destination              *string                       `json:"destination,omitempty"`
	Enabled                  bool                          `json:"enabled,omitempty"`  // flag: either this
	Disabled                 bool                          `json:"disabled,omitempty"` // or this
	FallbackPersistence      *string                       `json:"fallbackPersistence,omitempty"`
	IPProtocol               *string                       `json:"ipProtocol,omitempty"`
	Mask                     *string                       `json:"mask,omitempty"`
	Persist                  *[]Persistence                `json:"persist,omitempty"`
	Pool                     *string                       `json:"pool,omitempty"` // "none" clears
	Profiles                 *[]VirtualProfileBody         `json:"profiles,omitempty"`
	SourceAddressTranslation *SourceAddressTranslationBody `json:"sourceAddressTranslation,omitempty"`
}

// VirtualProfileBody writes a profile of a virtual server.
type VirtualProfileBody struct {
	Name    string `json:"name"` // full path
	Context string `json:"context,omitempty"`
}

// SourceAddressTranslationBody writes the translation. Pool is "none" to clear
// a SNAT pool: the device keeps it when only the type changes (icontrol-rest 3.4).
type SourceAddressTranslationBody struct {
	Type string  `json:"type"`
	Pool *string `json:"pool,omitempty"`
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

// Monitors are the monitors of one type: "http", "tcp" … (icontrol-rest 3.9).
func (c *Client) Monitors(kind string) Collection[Monitor] {
	return Collection[Monitor]{client: c, path: managementRoot + "ltm/monitor/" + encodeName(kind)}
}

// Monitor is a monitor as the device shows it.
type Monitor struct {
	Object
	DefaultsFrom string `json:"defaultsFrom"`
	Description  string `json:"description"`
	Destination  string `json:"destination"`
	Interval     Int    `json:"interval"` // seconds
	Timeout      Int    `json:"timeout"`  // seconds
	Send         string `json:"send"`
	Recv         string `json:"recv"`
	RecvDisable  string `json:"recvDisable"`
}

// MonitorBody writes a monitor.
type MonitorBody struct {
	Object
	DefaultsFrom *string `json:"defaultsFrom,omitempty"` // on create only
	Description  *string `json:"description,omitempty"`
	Interval     *int    `json:"interval,omitempty"`
	Timeout      *int    `json:"timeout,omitempty"`
	Send         *string `json:"send,omitempty"`
	Recv         *string `json:"recv,omitempty"`
	RecvDisable  *string `json:"recvDisable,omitempty"`
}
