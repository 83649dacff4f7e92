package icontrol

// ClientSSLProfiles are the client-ssl profiles (icontrol-rest 3.11).
func (c *Client) ClientSSLProfiles() Collection[ClientSSL] {
	return Collection[ClientSSL]{client: c, path: managementRoot + "ltm/profile/client-ssl"}
}

// ClientSSL is a client-ssl profile as the device shows it.
type ClientSSL struct {
	Object
	CertKeyChain []CertKeyChain `json:"certKeyChain"`
	DefaultsFrom Word           `json:"defaultsFrom"`
	Description  Word           `json:"description"` // "none" from 13 on
	ServerName   Word           `json:"serverName"`
	SNIDefault   Flag           `json:"sniDefault"`
}

// CertKeyChain is a certificate and its key in a client-ssl profile.
type CertKeyChain struct {
	Name  string `json:"name"`
	Cert  string `json:"cert"`
	Key   string `json:"key"`
	Chain string `json:"chain,omitempty"` // "none"
}

// ClientSSLBody writes a client-ssl profile. CertKeyChain replaces the whole list.
type ClientSSLBody struct {
	Object
	CertKeyChain *[]CertKeyChain `json:"certKeyChain,omitempty"`
	DefaultsFrom *string         `json:"defaultsFrom,omitempty"`
	Description  *string         `json:"description,omitempty"`
	ServerName   *string         `json:"serverName,omitempty"` // "none" clears
	SNIDefault   *string         `json:"sniDefault,omitempty"` // "true", "false"
}

// Profiles are the profiles of a type in tmsh's words, such as "tcp", with their names alone (icontrol-rest 3.11).
func (c *Client) Profiles(kind string) Collection[Profile] {
	return Collection[Profile]{client: c, path: managementRoot + "ltm/profile/" + kind}
}

// Profile is a profile of any type.
type Profile struct{ Object }

// HTTPProfiles are the http profiles (icontrol-rest 3.11).
func (c *Client) HTTPProfiles() Collection[HTTPProfile] {
	return Collection[HTTPProfile]{client: c, path: managementRoot + "ltm/profile/http"}
}

// HTTPProfile is an http profile as the device shows it.
type HTTPProfile struct {
	Object
	DefaultsFrom        Word `json:"defaultsFrom"`
	Description         Word `json:"description"` // "none" from 13 on
	InsertXForwardedFor Flag `json:"insertXforwardedFor"`
}

// HTTPProfileBody writes an http profile.
type HTTPProfileBody struct {
	Object
	DefaultsFrom        *string `json:"defaultsFrom,omitempty"`
	Description         *string `json:"description,omitempty"`
	InsertXForwardedFor *string `json:"insertXforwardedFor,omitempty"` // enabled, disabled
}

// Rules are the iRules (icontrol-rest 3.8).
func (c *Client) Rules() Collection[Rule] {
	return Collection[Rule]{client: c, path: managementRoot + "ltm/rule"}
}

// Rule is an iRule; it is written as it is read.
type Rule struct {
	Object
	Definition string `json:"apiAnonymous,omitempty"` // Tcl
}
