package conformance

import "net/http"

// inUse makes one object of each kind that others refer to.
func inUse(c *Check) {
	twoPools(c)
	uploadPair(c, 0)
	c.Post("/sys/file/ssl-key", keyBody)
	c.Post("/sys/file/ssl-cert", certificateBody)
	c.Post("/ltm/profile/client-ssl", `{"name":"bkc-tls","partition":"$P","certKeyChain":[{"name":"a","cert":"/$P/bkc-c.crt","key":"/$P/bkc-c.key"}]}`)
	c.Post("/ltm/profile/http", `{"name":"bkc-h","partition":"$P"}`)
	c.Post("/ltm/persistence/cookie", `{"name":"bkc-k","partition":"$P"}`)
	c.Post("/ltm/snatpool", `{"name":"bkc-s","partition":"$P","members":["198.51.100.1"]}`)
	c.Post("/ltm/rule", `{"name":"bkc-r","partition":"$P","apiAnonymous":"when HTTP_REQUEST { }\n"}`)
	c.Post("/ltm/data-group/internal", `{"name":"bkc-d","partition":"$P","type":"string","records":[{"name":"a.example.com"}]}`)
	c.Post("/ltm/pool", `{"name":"bkc-f","partition":"$P"}`)
	c.Post("/ltm/policy", `{"name":"bkc-l","partition":"$P","legacy":true,"strategy":"/Common/first-match","controls":["forwarding"],"requires":["http"],"rules":[{"name":"a","ordinal":1,
		"conditions":[{"name":"0","httpHost":true,"host":true,"equals":true,"request":true,"datagroup":"/$P/bkc-d"}],
		"actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"/$P/bkc-f"}]}]}`)
	c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P"}`)
	c.Patch("/ltm/pool/~$P~bkc-q/members/~$P~192.0.2.3:80", `{"monitor":"/$P/bkc-m"}`)
	c.Post("/ltm/monitor/icmp", `{"name":"bkc-i","partition":"$P"}`)
	c.Patch("/ltm/node/~$P~192.0.2.3", `{"monitor":"/$P/bkc-i"}`)
	c.Post("/sys/folder", `{"name":"bkc-folder","partition":"$P"}`)
	c.Post("/ltm/pool", `{"name":"bkc-in","partition":"$P","subPath":"bkc-folder"}`)
	c.Patch(oneVirtual, `{"profiles":["/Common/tcp","/$P/bkc-h",{"name":"/$P/bkc-tls","context":"clientside"}],"persist":[{"name":"/$P/bkc-k"}],
		"rules":["/$P/bkc-r"],"policies":[{"name":"bkc-l","partition":"$P"}],"sourceAddressTranslation":{"type":"snat","pool":"/$P/bkc-s"}}`)
}

// inUseCases are the deletions that are refused because something needs the
// object. mcpd's wording is known of few, so the others say the status only.
func inUseCases() []Case {
	rows := []struct {
		what, path, text string
		confidence       Confidence
	}{
		{"A profile that a virtual server has", "/ltm/profile/http/~$P~bkc-h", "01070265:3: ", UserReport},
		{"A persistence profile that a virtual server has", "/ltm/persistence/cookie/~$P~bkc-k", "01070265:3: ", Inferred},
		{"An iRule that a virtual server has", "/ltm/rule/~$P~bkc-r", "01070265:3: ", Recorded},
		{"A policy that a virtual server has", "/ltm/policy/~$P~bkc-l", "01070265:3: ", Inferred},
		{"A SNAT pool that a virtual server has", "/ltm/snatpool/~$P~bkc-s", "01070320:3: ", Recorded},
		{"A translation that a SNAT pool has", "/ltm/snat-translation/~$P~198.51.100.1", "", Inferred},
		{"A pool that a policy forwards to", "/ltm/pool/~$P~bkc-f", "01070265:3: ", Inferred},
		{"A data group that a policy looks into", "/ltm/data-group/internal/~$P~bkc-d", "01070265:3: ", Inferred},
		{"A certificate that a profile has", "/sys/file/ssl-cert/~$P~bkc-c.crt", "", Inferred},
		{"A key that a profile has", "/sys/file/ssl-key/~$P~bkc-c.key", "", Inferred},
		{"A monitor that a member has", "/ltm/monitor/http/~$P~bkc-m", "01070083:3: ", UserReport},
		{"A monitor that a node has", "/ltm/monitor/icmp/~$P~bkc-i", "01070083:3: ", UserReport},
		{"A folder with something in it", "/sys/folder/~$P~bkc-folder", "", Inferred},
	}
	var cases []Case
	for _, row := range rows {
		cases = append(cases, Case{
			Name: row.what + " cannot be deleted", Must: mustRefuse(400, mcpd, row.text), Source: "6.2", Confidence: row.confidence,
			Test: func(c *Check) {
				inUse(c)
				c.Refused(http.MethodDelete, row.path, "", 400, mcpd, row.text)
				c.Get(row.path)
			},
		})
	}
	return cases
}
