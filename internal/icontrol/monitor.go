package icontrol

// Monitors are the monitors of one type: "http", "tcp" … (icontrol-rest 3.9).
func (c *Client) Monitors(kind string) Collection[Monitor] {
	return Collection[Monitor]{client: c, path: managementRoot + "ltm/monitor/" + encodeName(kind)}
}

// Monitor is a monitor as the device shows it. Its password comes back encrypted
// and is not read.
type Monitor struct {
	Object
	DefaultsFrom Word   `json:"defaultsFrom"` // "" or "none" on the built-in ones
	Description  string `json:"description"`
	Destination  string `json:"destination"` // "*:*"
	Interval     Int    `json:"interval"`    // seconds
	ManualResume Flag   `json:"manualResume"`
	Recv         string `json:"recv"`
	RecvDisable  string `json:"recvDisable"`
	Reverse      Flag   `json:"reverse"`
	Send         string `json:"send"` // lines end with the four characters \r\n
	SSLProfile   Word   `json:"sslProfile"`
	TimeUntilUp  Int    `json:"timeUntilUp"` // seconds
	Timeout      Int    `json:"timeout"`     // seconds
	Transparent  Flag   `json:"transparent"`
	UpInterval   Int    `json:"upInterval"` // seconds
	Username     string `json:"username"`
}

// MonitorBody writes a monitor. Texts and references are cleared by "none".
type MonitorBody struct {
	Object
	DefaultsFrom *string `json:"defaultsFrom,omitempty"` // on create only
	Description  *string `json:"description,omitempty"`
	Destination  *string `json:"destination,omitempty"`
	Interval     *int    `json:"interval,omitempty"`
	ManualResume *string `json:"manualResume,omitempty"` // enabled, disabled
	Password     *string `json:"password,omitempty"`
	Recv         *string `json:"recv,omitempty"`
	RecvDisable  *string `json:"recvDisable,omitempty"`
	Reverse      *string `json:"reverse,omitempty"` // enabled, disabled
	Send         *string `json:"send,omitempty"`
	SSLProfile   *string `json:"sslProfile,omitempty"`
	TimeUntilUp  *int    `json:"timeUntilUp,omitempty"`
	Timeout      *int    `json:"timeout,omitempty"`
	Transparent  *string `json:"transparent,omitempty"` // enabled, disabled
	UpInterval   *int    `json:"upInterval,omitempty"`
	Username     *string `json:"username,omitempty"`
}
