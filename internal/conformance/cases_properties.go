package conformance

// propertyCases are what the provider relies on when it sets, clears and reads back
// the settings of pools, members, virtual servers and monitors.
func propertyCases() []Case {
	return append(append(poolPropertyCases(), virtualPropertyCases()...), monitorPropertyCases()...)
}

func poolPropertyCases() []Case {
	return []Case{
		{
			Name:   "The settings of a pool have their own words for yes and no",
			Must:   "Take and show yes and no for `allowNat` and `allowSnat`, enabled and disabled for `ignorePersistedWeight`, `queueOnConnectionLimit` and `minUpMembersChecking`.",
			Source: "3.1", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				body := `{"allowNat":"no","allowSnat":"no","ignorePersistedWeight":"enabled","queueOnConnectionLimit":"enabled","minUpMembersChecking":"enabled"}`
				want := Object{"allowNat": "no", "allowSnat": "no", "ignorePersistedWeight": "enabled", "queueOnConnectionLimit": "enabled", "minUpMembersChecking": "enabled"}
				c.Fields("set", c.Patch("/ltm/pool/~$P~bkc-p", body), want)
				c.Fields("read", c.Get("/ltm/pool/~$P~bkc-p"), want)
			},
		},
		{
			Name:   "Numbers of a pool are set back to zero",
			Must:   "Take 0 for `reselectTries`, `queueDepthLimit`, `queueTimeLimit` and `minUpMembers`, and show it.",
			Source: "3.1", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				c.Patch("/ltm/pool/~$P~bkc-p", `{"reselectTries":3,"queueDepthLimit":4,"queueTimeLimit":5,"minUpMembers":1}`)
				c.Patch("/ltm/pool/~$P~bkc-p", `{"reselectTries":0,"queueDepthLimit":0,"queueTimeLimit":0,"minUpMembers":0}`)
				c.Fields("read", c.Get("/ltm/pool/~$P~bkc-p"), Object{
					"reselectTries": asNumber(0), "queueDepthLimit": asNumber(0), "queueTimeLimit": asNumber(0), "minUpMembers": asNumber(0),
				})
			},
		},
		{
			Name:   "ToS and QoS of a pool are words or numbers as text",
			Must:   "Show `pass-through` at first, take `mimic` and `\"16\"`, and show both as strings.",
			Source: "3.1", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				c.Fields("new", c.Get("/ltm/pool/~$P~bkc-p"), Object{"ipTosToClient": "pass-through", "linkQosToServer": "pass-through"})
				c.Fields("set", c.Patch("/ltm/pool/~$P~bkc-p", `{"ipTosToClient":"mimic","ipTosToServer":"16","linkQosToClient":"3"}`), Object{
					"ipTosToClient": "mimic", "ipTosToServer": "16", "linkQosToClient": "3",
				})
			},
		},
		{
			Name:   "A member has the pool's monitors, its own, or none",
			Must:   "Show `default` at first; take a rule, `/Common/none` and `default` again.",
			Source: "3.2", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				const member = "/ltm/pool/~$P~bkc-p/members/~$P~192.0.2.1:80"
				c.Equal("new", trimmed(c.Get(member)["monitor"]), "default")
				c.Equal("own", trimmed(c.Patch(member, `{"monitor":"/Common/http and /Common/tcp"}`)["monitor"]), "/Common/http and /Common/tcp")
				c.Equal("none", trimmed(c.Patch(member, `{"monitor":"/Common/none"}`)["monitor"]), "/Common/none")
				c.Equal("default", trimmed(c.Patch(member, `{"monitor":"default"}`)["monitor"]), "default")
			},
		},
		{
			Name:   "A rate limit is disabled or a number as text",
			Must:   "Show `disabled`, then `\"50\"`, then `disabled` again, on members and virtual servers.",
			Source: "3.2", Confidence: Recorded, Test: func(c *Check) {
				twoPools(c)
				for _, path := range []string{"/ltm/pool/~$P~bkc-p/members/~$P~192.0.2.1:80", oneVirtual} {
					c.Equal("new "+path, c.Get(path)["rateLimit"], "disabled")
					c.Equal("set "+path, c.Patch(path, `{"rateLimit":"50"}`)["rateLimit"], "50")
					c.Equal("cleared "+path, c.Patch(path, `{"rateLimit":"disabled"}`)["rateLimit"], "disabled")
				}
			},
		},
		{
			Name:   "The nodes of a pool in a folder are where its members say",
			Must:   "Make a pool in a folder with members of the partition, and their nodes in the partition itself.",
			Source: "4.4", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/sys/folder", `{"name":"bkc-f","partition":"$P"}`)
				pool := c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","subPath":"bkc-f","members":[{"name":"192.0.2.1:80","partition":"$P"}]}`)
				c.Fields("pool", pool, Object{"fullPath": "/" + Partition + "/bkc-f/bkc-p", "subPath": "bkc-f"})
				c.Get("/ltm/pool/~$P~bkc-f~bkc-p/members/~$P~192.0.2.1:80")
				c.Get("/ltm/node/~$P~192.0.2.1")
				c.Gone("/ltm/node/~$P~bkc-f~192.0.2.1")
			},
		},
	}
}

func virtualPropertyCases() []Case {
	return []Case{
		{
			Name:   "The VLANs of a virtual server are a list and a flag",
			Must:   "Show `vlansEnabled` and the list; turn both round by `vlansDisabled`; be on all VLANs by an empty list.",
			Source: "2.6", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/net/vlan", `{"name":"bkc-l","partition":"$P"}`)
				twoPools(c)
				list := []any{"/" + Partition + "/bkc-l"}
				c.Fields("only", c.Patch(oneVirtual, `{"vlans":["/$P/bkc-l"],"vlansEnabled":true}`), Object{"vlans": list, "vlansEnabled": true, "vlansDisabled": nil})
				c.Fields("all but", c.Patch(oneVirtual, `{"vlans":["/$P/bkc-l"],"vlansDisabled":true}`), Object{"vlans": list, "vlansEnabled": nil, "vlansDisabled": true})
				c.Fields("all", c.Patch(oneVirtual, `{"vlans":[],"vlansDisabled":true}`), Object{"vlans": nil, "vlansEnabled": nil, "vlansDisabled": true})
			},
		},
		{
			Name:   "Lists and references of a virtual server are cleared",
			Must:   "Clear `rules` and `policies` by `[]`, `pool`, `lastHopPool` and `fallbackPersistence` by `none`.",
			Source: "2.5", Confidence: Client, Test: func(c *Check) {
				twoPools(c)
				c.Post("/ltm/rule", `{"name":"bkc-r","partition":"$P","apiAnonymous":"when HTTP_REQUEST { }\n"}`)
				c.Patch(oneVirtual, `{"rules":["/$P/bkc-r"],"lastHopPool":"/$P/bkc-q","fallbackPersistence":"/Common/source_addr"}`)
				c.Fields("set", c.Get(oneVirtual), Object{"lastHopPool": "/" + Partition + "/bkc-q", "rules": []any{"/" + Partition + "/bkc-r"}})
				c.Patch(oneVirtual, `{"rules":[],"policies":[],"pool":"none","lastHopPool":"none","fallbackPersistence":"none"}`)
				c.Fields("cleared", c.Get(oneVirtual), Object{"rules": nil, "pool": nil, "lastHopPool": nil, "fallbackPersistence": nil})
			},
		},
		{
			Name:   "Source and mask follow a destination of another family in one PATCH",
			Must:   "Take destination, mask and source of the other family together.",
			Source: "3.4", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/2001:db8::1.80"}`)
				c.Fields("IPv4", c.Patch(oneVirtual, `{"destination":"/$P/203.0.113.1:80","mask":"255.255.255.255","source":"0.0.0.0/0"}`), Object{
					"destination": "/" + Partition + "/203.0.113.1:80", "mask": "255.255.255.255", "source": "0.0.0.0/0",
				})
			},
		},
		{
			Name:   "A virtual server listens on a network by its mask",
			Must:   "Take and show `mask` 255.255.255.0, and one address again by 255.255.255.255.",
			Source: "3.4", Confidence: Documented, Test: func(c *Check) {
				v := c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.0:80","mask":"255.255.255.0","source":"198.51.100.0/24"}`)
				c.Fields("network", v, Object{"mask": "255.255.255.0", "source": "198.51.100.0/24"})
				c.Equal("mask", c.Patch(oneVirtual, `{"mask":"255.255.255.255"}`)["mask"], "255.255.255.255")
			},
		},
		{
			Name:   "How a virtual server passes connections on is set and set back",
			Must:   "Take the words of icontrol-rest 3.4 for ports, translation, mirroring, last hop and a missing member, and show them.",
			Source: "3.4", Confidence: Recorded, Test: func(c *Check) {
				twoPools(c)
				c.Fields("set", c.Patch(oneVirtual, `{"sourcePort":"change","translateAddress":"disabled","translatePort":"disabled","mirror":"enabled","autoLasthop":"disabled",
					"serviceDownImmediateAction":"reset","connectionLimit":9,"rateLimitMode":"object-source","rateLimitSrcMask":24,"rateLimitDstMask":16}`), Object{
					"sourcePort": "change", "translateAddress": "disabled", "translatePort": "disabled", "mirror": "enabled", "autoLasthop": "disabled",
					"serviceDownImmediateAction": "reset", "connectionLimit": asNumber(9), "rateLimitMode": "object-source",
					"rateLimitSrcMask": asNumber(24), "rateLimitDstMask": asNumber(16),
				})
				c.Fields("set back", c.Patch(oneVirtual, `{"sourcePort":"preserve","translateAddress":"enabled","translatePort":"enabled","mirror":"disabled","autoLasthop":"default",
					"serviceDownImmediateAction":"none","connectionLimit":0,"rateLimitMode":"object","rateLimitSrcMask":0,"rateLimitDstMask":0}`), Object{
					"sourcePort": "preserve", "translateAddress": "enabled", "translatePort": "enabled", "mirror": "disabled", "autoLasthop": "default",
					"serviceDownImmediateAction": "none", "connectionLimit": asNumber(0), "rateLimitMode": "object",
					"rateLimitSrcMask": asNumber(0), "rateLimitDstMask": asNumber(0),
				})
			},
		},
		{
			Name:   "The virtual address of a virtual server in a folder is where the destination says",
			Must:   "Make a virtual server in a folder with a destination of the partition, and its virtual address in the partition itself.",
			Source: "2.1", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/sys/folder", `{"name":"bkc-f","partition":"$P"}`)
				v := c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","subPath":"bkc-f","destination":"/$P/203.0.113.1:80"}`)
				c.Fields("virtual server", v, Object{"fullPath": "/" + Partition + "/bkc-f/bkc-v", "destination": "/" + Partition + "/203.0.113.1:80"})
				c.Get("/ltm/virtual-address/~$P~203.0.113.1")
				c.Delete("/ltm/virtual/~$P~bkc-f~bkc-v")
				c.Gone("/ltm/virtual-address/~$P~203.0.113.1")
			},
		},
	}
}

func monitorPropertyCases() []Case {
	const one = "/ltm/monitor/http/~$P~bkc-m"
	return []Case{
		{
			Name:   "Texts of a monitor are cleared by none",
			Must:   "Show no `send`, `recv`, `recvDisable`, `username` and `password` after a PATCH of each with `none`.",
			Source: "2.5", Confidence: Client, Test: func(c *Check) {
				m := c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P","send":"GET /x\\r\\n","recv":"200","recvDisable":"503","username":"u","password":"bkc-word"}`)
				c.Fields("set", m, Object{"recv": "200", "recvDisable": "503", "username": "u"})
				c.Patch(one, `{"send":"none","recv":"none","recvDisable":"none","username":"none","password":"none"}`)
				c.Fields("cleared", c.Get(one), Object{"send": nil, "recv": nil, "recvDisable": nil, "username": nil, "password": nil})
			},
		},
		{
			Name:   "Switches and times of a monitor are set and set back",
			Must:   "Take enabled and disabled for `reverse`, `transparent` and `manualResume`, 0 for `timeUntilUp` and `upInterval`, and `*:*` for `destination`.",
			Source: "3.9", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P"}`)
				c.Fields("set", c.Patch(one, `{"reverse":"enabled","transparent":"enabled","manualResume":"enabled","timeUntilUp":5,"upInterval":6,"destination":"*:8081"}`), Object{
					"reverse": "enabled", "transparent": "enabled", "manualResume": "enabled", "timeUntilUp": asNumber(5), "upInterval": asNumber(6), "destination": "*:8081",
				})
				c.Fields("set back", c.Patch(one, `{"reverse":"disabled","transparent":"disabled","manualResume":"disabled","timeUntilUp":0,"upInterval":0,"destination":"*:*"}`), Object{
					"reverse": "disabled", "transparent": "disabled", "manualResume": "disabled", "timeUntilUp": asNumber(0), "upInterval": asNumber(0), "destination": "*:*",
				})
			},
		},
		{
			Name:   "A monitor of TLS has a server-ssl profile",
			Must:   "Take `sslProfile`, show it, and clear it by `none`.",
			Source: "3.9", Confidence: Recorded, Versions: from("13.1"), Test: func(c *Check) {
				m := c.Post("/ltm/monitor/https", `{"name":"bkc-m","partition":"$P","sslProfile":"/Common/serverssl"}`)
				c.Equal("sslProfile", m["sslProfile"], "/Common/serverssl")
				c.Equal("cleared", c.Patch("/ltm/monitor/https/~$P~bkc-m", `{"sslProfile":"none"}`)["sslProfile"], nil)
			},
		},
		{
			Name:   "A monitor follows its parent in what it does not say itself",
			Must:   "Show the parent's new `timeout` after a PATCH of the parent, and its own `interval`.",
			Source: "3.9", Confidence: Documented, Test: func(c *Check) {
				c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P","interval":7,"timeout":22}`)
				c.Post("/ltm/monitor/http", `{"name":"bkc-c","partition":"$P","defaultsFrom":"/$P/bkc-m","interval":3}`)
				c.Patch(one, `{"timeout":40,"interval":9}`)
				c.Fields("child", c.Get("/ltm/monitor/http/~$P~bkc-c"), Object{"timeout": asNumber(40), "interval": asNumber(3)})
			},
		},
	}
}
