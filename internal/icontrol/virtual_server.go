package icontrol

// VirtualServers are the virtual servers of the device (icontrol-rest 3.4).
func (c *Client) VirtualServers() Collection[VirtualServer] {
	return Collection[VirtualServer]{client: c, path: managementRoot + "ltm/virtual"}
}

// VirtualServer is a virtual server as the device shows it.
type VirtualServer struct {
	Object
	AutoLasthop                string                        `json:"autoLasthop"`
	ConnectionLimit            Int                           `json:"connectionLimit"`
	Description                string                        `json:"description"`
	Destination                string                        `json:"destination"` // "" with a traffic matching criteria
	Enabled                    Flag                          `json:"enabled"`
	Disabled                   Flag                          `json:"disabled"`
	FallbackPersistence        Word                          `json:"fallbackPersistence"`
	FirewallEnforcedPolicy     Word                          `json:"fwEnforcedPolicy"` // with AFM only
	FirewallStagedPolicy       Word                          `json:"fwStagedPolicy"`
	IPProtocol                 string                        `json:"ipProtocol"`
	LastHopPool                Word                          `json:"lastHopPool"`
	Mask                       string                        `json:"mask"`
	Mirror                     Flag                          `json:"mirror"`
	Persist                    []Persistence                 `json:"persist"`
	PoliciesReference          Subcollection[Object]         `json:"policiesReference"`
	Pool                       Word                          `json:"pool"`
	ProfilesReference          Subcollection[VirtualProfile] `json:"profilesReference"`
	RateLimit                  Word                          `json:"rateLimit"` // "disabled" or a number
	RateLimitDestinationMask   Int                           `json:"rateLimitDstMask"`
	RateLimitMode              string                        `json:"rateLimitMode"`
	RateLimitSourceMask        Int                           `json:"rateLimitSrcMask"`
	Rules                      []string                      `json:"rules"`               // in the order in which they run
	SecurityLogProfiles        []string                      `json:"securityLogProfiles"` // in quotes where a name has blanks
	ServiceDownImmediateAction string                        `json:"serviceDownImmediateAction"`
	Source                     string                        `json:"source"`
	SourceAddressTranslation   SourceAddressTranslation      `json:"sourceAddressTranslation"`
	SourcePort                 string                        `json:"sourcePort"`
	TranslateAddress           Word                          `json:"translateAddress"` // enabled, disabled
	TranslatePort              Word                          `json:"translatePort"`
	VLANs                      []string                      `json:"vlans"`
	VLANsEnabled               Flag                          `json:"vlansEnabled"` // VLANs are the only ones; otherwise all but these
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
	AutoLasthop                *string                       `json:"autoLasthop,omitempty"`
	ConnectionLimit            *int                          `json:"connectionLimit,omitempty"`
	Description                *string                       `json:"description,omitempty"`
	Destination                *string                       `json:"destination,omitempty"`
	Enabled                    bool                          `json:"enabled,omitempty"`  // flag: either this
	Disabled                   bool                          `json:"disabled,omitempty"` // or this
	FallbackPersistence        *string                       `json:"fallbackPersistence,omitempty"`
	FirewallEnforcedPolicy     *string                       `json:"fwEnforcedPolicy,omitempty"` // "none" clears, as in all references
	FirewallStagedPolicy       *string                       `json:"fwStagedPolicy,omitempty"`
	IPProtocol                 *string                       `json:"ipProtocol,omitempty"`
	LastHopPool                *string                       `json:"lastHopPool,omitempty"`
	Mask                       *string                       `json:"mask,omitempty"`
	Mirror                     *string                       `json:"mirror,omitempty"` // enabled, disabled
	Persist                    *[]Persistence                `json:"persist,omitempty"`
	Policies                   *[]Object                     `json:"policies,omitempty"`
	Pool                       *string                       `json:"pool,omitempty"` // "none" clears
	Profiles                   *[]VirtualProfileBody         `json:"profiles,omitempty"`
	RateLimit                  *string                       `json:"rateLimit,omitempty"` // "disabled" or a number
	RateLimitDestinationMask   *int                          `json:"rateLimitDstMask,omitempty"`
	RateLimitMode              *string                       `json:"rateLimitMode,omitempty"`
	RateLimitSourceMask        *int                          `json:"rateLimitSrcMask,omitempty"`
	Rules                      *[]string                     `json:"rules,omitempty"`
	SecurityLogProfiles        *[]string                     `json:"securityLogProfiles,omitempty"`
	ServiceDownImmediateAction *string                       `json:"serviceDownImmediateAction,omitempty"`
	Source                     *string                       `json:"source,omitempty"`
	SourceAddressTranslation   *SourceAddressTranslationBody `json:"sourceAddressTranslation,omitempty"`
	SourcePort                 *string                       `json:"sourcePort,omitempty"`
	TranslateAddress           *string                       `json:"translateAddress,omitempty"` // enabled, disabled
	TranslatePort              *string                       `json:"translatePort,omitempty"`
	VLANs                      *[]string                     `json:"vlans,omitempty"`
	VLANsEnabled               bool                          `json:"vlansEnabled,omitempty"`  // flag: either this
	VLANsDisabled              bool                          `json:"vlansDisabled,omitempty"` // or this
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
