package conformance

import "net/http"

// refusalCases are section 6.2 as far as the adapter tells refusals apart: by
// status, the layer's number and mcpd's code.
func refusalCases() []Case {
	const pool, virtual = "/ltm/pool", "/ltm/virtual"
	rows := []struct {
		name, source string
		confidence   Confidence
		method       string
		path, body   string
		status, api  int
		text         string
	}{
		{"A missing pool is 404, 01020036", "6.2", Client, http.MethodGet, pool + "/~$P~bkc-none", "", 404, mcpd, "01020036:3: The requested Pool (/$P/bkc-none) was not found."},
		{"PATCH of a missing pool is 404, 01020036", "6.2", Client, http.MethodPatch, pool + "/~$P~bkc-none", `{"description":"x"}`, 404, mcpd, "01020036:3: The requested Pool (/$P/bkc-none) was not found."},
		{"DELETE of a missing pool is 404, 01020036", "6.2", Client, http.MethodDelete, pool + "/~$P~bkc-none", "", 404, mcpd, "01020036:3: The requested Pool (/$P/bkc-none) was not found."},
		{"A missing virtual server is 404, 01020036", "6.2", Client, http.MethodGet, virtual + "/~$P~bkc-none", "", 404, mcpd, "01020036:3: The requested Virtual Server (/$P/bkc-none) was not found."},
		{"A missing node is 404, 01020036", "6.2", Client, http.MethodGet, "/ltm/node/~$P~bkc-none", "", 404, mcpd, "01020036:3: The requested Node (/$P/bkc-none) was not found."},
		{"DELETE of a missing member is 404, 01020036", "4.2", Documented, http.MethodDelete, members + "/~$P~192.0.2.9:80", "", 404, mcpd, "01020036:3: The requested Pool Member (/$P/bkc-p /$P/192.0.2.9 80) was not found."},
		{"PATCH of a missing member is 404, 01020036", "4.2", Documented, http.MethodPatch, members + "/~$P~192.0.2.9:80", `{"ratio":2}`, 404, mcpd, "01020036:3: The requested Pool Member (/$P/bkc-p /$P/192.0.2.9 80) was not found."},
		{"A member of a missing pool is 404, 01020036", "4.2", UserReport, http.MethodPost, pool + "/~$P~bkc-none/members", `{"name":"192.0.2.9:80","partition":"$P"}`, 404, mcpd, "01020036:3: The requested Pool (/$P/bkc-none) was not found."},
		{"A pool that is there already is 409, 01020066", "6.2", Recorded, http.MethodPost, pool, `{"name":"bkc-p","partition":"$P"}`, 409, mcpd, "01020066:3: The requested Pool (/$P/bkc-p) already exists in partition $P."},
		{"A member that is there already is 409, 01020066", "4.2", Documented, http.MethodPost, members, `{"name":"192.0.2.1:80","partition":"$P"}`, 409, mcpd, "01020066:3: The requested Pool Member (/$P/bkc-p /$P/192.0.2.1 80) already exists in partition $P."},
		{"A virtual server that is there already is 409, 01020066", "6.2", UserReport, http.MethodPost, virtual, `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.2:80"}`, 409, mcpd, "01020066:3: The requested Virtual Server (/$P/bkc-v) already exists in partition $P."},
		{"A destination that is taken is 400, 01070333", "3.4", UserReport, http.MethodPost, virtual, `{"name":"bkc-w","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp"]}`, 400, mcpd, "01070333:3: Virtual Server /$P/bkc-w illegally shares destination address, source address, service port, ip-protocol, and vlan with Virtual Server /$P/bkc-v."},
		{"A pool that a virtual server needs cannot be deleted", "6.2", UserReport, http.MethodDelete, pool + "/~$P~bkc-p", "", 400, mcpd, "01070265:3: The Pool (/$P/bkc-p) cannot be deleted because it is in use by a Virtual Server (/$P/bkc-v)"},
		{"A pool that is missing cannot be referred to", "6.2", UserReport, http.MethodPatch, oneVirtual, `{"pool":"/$P/bkc-none"}`, 400, mcpd, "(/$P/bkc-none)"},
		{"A monitor that is missing cannot be referred to", "6.2", Inferred, http.MethodPatch, pool + "/~$P~bkc-p", `{"monitor":"/$P/bkc-none"}`, 400, mcpd, "/$P/bkc-none"},
		{"A profile that is missing cannot be referred to", "6.2", Inferred, http.MethodPatch, oneVirtual, `{"profiles":["/$P/bkc-none"]}`, 400, mcpd, "/$P/bkc-none"},
		{"A SNAT pool that is missing cannot be referred to", "6.2", UserReport, http.MethodPatch, oneVirtual, `{"sourceAddressTranslation":{"type":"snat","pool":"/$P/bkc-none"}}`, 400, mcpd, "0107163f:3: Pool (/$P/bkc-none) of type (snatpool) doesn't exist."},
		{"A missing folder is 404, 01020036", "6.2", Client, http.MethodGet, "/sys/folder/~bkc-none", "", 404, mcpd, "01020036:3: The requested folder (/bkc-none) was not found."},
		{"A partition that does not exist is 400, 26214401", "6.2", UserReport, http.MethodPost, pool, `{"name":"bkc-p","partition":"bkc-none"}`, 400, tmsh, "The requested folder (/bkc-none) was not found."},
		{"A member in a partition that does not exist is 400, 01070734", "4.2", UserReport, http.MethodPost, pool + "/~bkc-none~p/members", `{"name":"192.0.2.9:80","partition":"bkc-none"}`, 400, mcpd, "01070734:3: Configuration error: Can't associate Pool Member"},
		{"A word out of the vocabulary is 400, 26214401", "3.1", UserReport, http.MethodPatch, pool + "/~$P~bkc-p", `{"loadBalancingMode":"leastconnection"}`, 400, tmsh, `invalid property value "load-balancing-mode":"leastconnection"`},
		{"An object without a name is 400, 26214401", "6.2", UserReport, http.MethodPost, pool, `{"partition":"$P"}`, 400, tmsh, "one or more configuration identifiers must be provided"},
		{"An address of all ones is 400, 01020060", "6.2", UserReport, http.MethodPost, "/ltm/node", `{"name":"bkc-n","partition":"$P","address":"255.255.255.255"}`, 400, mcpd, "01020060:3: IP Address 255.255.255.255 is invalid"},
		{"Tags in a name are 400, 26214401", "2.1", Recorded, http.MethodPost, pool, `{"name":"bkc-<b>x</b>","partition":"$P"}`, 400, tmsh, "HTML Tag-like Content in the Request URL/Body"},
		{"A partition that holds objects cannot be deleted", "3.13", UserReport, http.MethodDelete, "/auth/partition/$P", "", 400, mcpd, "0107082a:3: You must remove all objects from a partition before removing the partition"},
		{"An IP protocol that there is not is 400, 26214401", "3.4", Inferred, http.MethodPatch, oneVirtual, `{"ipProtocol":"bogus"}`, 400, tmsh, `invalid property value "ip-protocol":"bogus"`},
		{"A virtual address in use cannot be deleted", "3.5", Inferred, http.MethodDelete, "/ltm/virtual-address/~$P~203.0.113.1", "", 400, mcpd, ""},
	}
	var cases []Case
	for _, row := range rows {
		cases = append(cases, Case{
			Name: row.name, Must: mustRefuse(row.status, row.api, row.text), Source: row.source, Confidence: row.confidence,
			Test: func(c *Check) {
				twoPools(c)
				c.Refused(row.method, row.path, row.body, row.status, row.api, row.text)
			},
		})
	}
	return cases
}
