package conformance

import "net/http"

const oneVirtual = "/ltm/virtual/~$P~bkc-v"

// twoPools makes a virtual server on one of two pools.
func twoPools(c *Check) {
	onePool(c)
	c.Post("/ltm/pool", `{"name":"bkc-q","partition":"$P","members":["192.0.2.3:80"]}`)
	c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","pool":"/$P/bkc-p",
		"profiles":[{"name":"/Common/tcp","context":"all"},{"name":"/Common/http","context":"all"}]}`)
}

func virtualCases() []Case {
	return []Case{
		{
			Name:   "A virtual server is switched to another pool by one PATCH",
			Must:   "Change `pool` and leave profiles, destination and everything else.",
			Source: "8.6", Confidence: Client, Test: func(c *Check) {
				twoPools(c)
				profiles := names(c.Get(oneVirtual + "/profiles"))
				c.Fields("switched", c.Patch(oneVirtual, `{"pool":"/$P/bkc-q"}`), Object{
					"pool": "/" + Partition + "/bkc-q", "destination": "/" + Partition + "/203.0.113.1:80", "ipProtocol": "tcp", "enabled": true,
				})
				c.Names(c.Get(oneVirtual+"/profiles"), profiles...)
			},
		},
		{
			Name:   "A virtual server brings its virtual address and takes it away",
			Must:   "Make a virtual address named by the address, with the same `generation`; delete it with the last virtual server.",
			Source: "3.4", Confidence: Recorded, Test: func(c *Check) {
				v := c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`)
				c.Fields("address", c.Get("/ltm/virtual-address/~$P~203.0.113.1"), Object{"address": "203.0.113.1", "autoDelete": "true", "generation": v["generation"]})
				c.Post("/ltm/virtual", `{"name":"bkc-w","partition":"$P","destination":"/$P/203.0.113.1:81"}`)
				c.Delete(oneVirtual)
				c.Get("/ltm/virtual-address/~$P~203.0.113.1")
				c.Delete("/ltm/virtual/~$P~bkc-w")
				c.Gone("/ltm/virtual-address/~$P~203.0.113.1")
			},
		},
		{
			Name:   "A new virtual server has the documented defaults",
			Must:   "Be enabled, without translation, on all VLANs, with mask and source of its family.",
			Source: "3.4", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("IPv4", c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`), Object{
					"enabled": true, "mask": "255.255.255.255", "source": "0.0.0.0/0", "sourceAddressTranslation": Object{"type": "none"},
					"vlansDisabled": true, "translateAddress": "enabled", "translatePort": "enabled", "pool": nil, "description": nil,
				})
				c.Fields("IPv6", c.Post("/ltm/virtual", `{"name":"bkc-w","partition":"$P","destination":"/$P/2001:db8::1.80"}`), Object{
					"destination": "/" + Partition + "/2001:db8::1.80", "mask": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "source": "::/0",
				})
			},
		},
		{
			Name:   "A destination without a partition gets the virtual server's",
			Must:   "Take `203.0.113.1:80` and show `/P/203.0.113.1:80`.",
			Source: "2.5", Confidence: Documented, Test: func(c *Check) {
				c.Equal("destination", c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"203.0.113.1:80"}`)["destination"], "/"+Partition+"/203.0.113.1:80")
			},
		},
		{
			Name:   "A destination may change its family together with its mask",
			Must:   "Take an IPv6 destination and an IPv6 mask in a PATCH of a virtual server that was IPv4.",
			Source: "3.4", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`)
				c.Fields("virtual server", c.Patch(oneVirtual, `{"destination":"/$P/2001:db8::1.80","mask":"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}`), Object{
					"destination": "/" + Partition + "/2001:db8::1.80", "mask": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
				})
			},
		},
		{
			Name:   "A virtual address that is there is used, whatever its name",
			Must:   "Make no second virtual address for the address of a destination.",
			Source: "3.4", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/virtual-address", `{"name":"bkc-a","partition":"$P","address":"203.0.113.1"}`)
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`)
				c.Names(c.Get("/ltm/virtual-address?$filter=partition+eq+$P"), "bkc-a")
			},
		},
		{
			Name:   "A virtual server without profiles gets fastL4",
			Must:   "Attach `/Common/fastL4`.",
			Source: "3.4", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`)
				c.Names(c.Get(oneVirtual+"/profiles"), "fastL4")
			},
		},
		{
			Name:   "An empty list of profiles is answered with fastL4",
			Must:   "Take `\"profiles\":[]` in a PATCH, and attach `/Common/fastL4`.",
			Source: "3.4", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp"]}`)
				c.Patch(oneVirtual, `{"profiles":[]}`)
				c.Names(c.Get(oneVirtual+"/profiles"), "fastL4")
			},
		},
		{
			Name:   "Profiles are written as a list and read as a sub-collection",
			Must:   "Take names and objects with a context; show no `profiles`, but `profilesReference`; PATCH replaces the list.",
			Source: "3.4", Confidence: Recorded, Test: testProfiles,
		},
		{
			Name:   "Persistence is a list of one, with tmDefault",
			Must:   "Take name, partition and `tmDefault`, and show `nameReference` too.",
			Source: "3.4", Confidence: Recorded, Test: func(c *Check) {
				twoPools(c)
				v := c.Patch(oneVirtual, `{"persist":[{"name":"cookie","partition":"Common","tmDefault":"yes"}],"fallbackPersistence":"/Common/source_addr"}`)
				persist, _ := at(v, "persist", 0).(Object)
				c.Fields("persist", persist, Object{"name": "cookie", "partition": "Common", "tmDefault": "yes"})
				c.Equal("type of nameReference", jsonType(at(persist, "nameReference", "link")), "string")
				c.Equal("fallbackPersistence", v["fallbackPersistence"], "/Common/source_addr")
			},
		},
		{
			Name:   "A persistence profile in a folder is named with its subPath",
			Must:   "Take name, partition and `subPath`, and show them.",
			Source: "2.4", Confidence: Inferred, Test: func(c *Check) {
				twoPools(c)
				c.Post("/sys/folder", `{"name":"bkc-folder","partition":"$P"}`)
				c.Post("/ltm/persistence/cookie", `{"name":"bkc-k","partition":"$P","subPath":"bkc-folder"}`)
				v := c.Patch(oneVirtual, `{"persist":[{"name":"bkc-k","partition":"$P","subPath":"bkc-folder","tmDefault":"yes"}]}`)
				persist, _ := at(v, "persist", 0).(Object)
				c.Fields("persist", persist, Object{"name": "bkc-k", "partition": Partition, "subPath": "bkc-folder"})
			},
		},
		{
			Name:   "A SNAT pool stays when only the type changes",
			Must:   "Keep `pool` after `{\"type\":\"automap\"}`; clear it by `\"pool\":\"none\"`.",
			Source: "3.4", Confidence: Client, Test: func(c *Check) {
				c.Post("/ltm/snatpool", `{"name":"bkc-s","partition":"$P","members":["/$P/198.51.100.1"]}`)
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp"],
					"sourceAddressTranslation":{"type":"snat","pool":"/$P/bkc-s"}}`)
				kept := c.Patch(oneVirtual, `{"sourceAddressTranslation":{"type":"automap"}}`)
				c.Equal("pool", at(kept, "sourceAddressTranslation", "pool"), "/"+Partition+"/bkc-s")
				cleared := c.Patch(oneVirtual, `{"sourceAddressTranslation":{"type":"automap","pool":"none"}}`)
				c.Equal("pool", at(cleared, "sourceAddressTranslation", "pool"), nil)
				c.Equal("type", at(cleared, "sourceAddressTranslation", "type"), "automap")
			},
		},
		{
			Name:   "iRules keep their order",
			Must:   "Show `rules` in the order in which they were written.",
			Source: "3.4", Confidence: Recorded, Test: func(c *Check) {
				twoPools(c)
				for _, name := range []string{"bkc-a", "bkc-b"} {
					c.Post("/ltm/rule", `{"name":"`+name+`","partition":"$P","apiAnonymous":"when HTTP_REQUEST { }\n"}`)
				}
				v := c.Patch(oneVirtual, `{"rules":["/$P/bkc-b","/$P/bkc-a"]}`)
				c.Equal("rules", v["rules"], []any{"/" + Partition + "/bkc-b", "/" + Partition + "/bkc-a"})
			},
		},
		{
			Name:   "An iRule names only pools that are there",
			Must:   "Refuse the text with 400, 01070151; and refuse the deletion of a pool that a text names, with 400.",
			Source: "3.8", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				text := func(pool string) string { return quote("when HTTP_REQUEST {\n\tpool " + inPartition(pool) + "\n}\n") }
				c.Refused(http.MethodPost, "/ltm/rule", `{"name":"bkc-r","partition":"$P","apiAnonymous":`+text("/$P/bkc-none")+`}`, 400, mcpd, "01070151:3: Rule [/$P/bkc-r] error:")
				c.Post("/ltm/rule", `{"name":"bkc-r","partition":"$P","apiAnonymous":`+text("/$P/bkc-p")+`}`)
				a := c.Ask(http.MethodDelete, "/ltm/pool/~$P~bkc-p", "")
				c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
			},
		},
		{
			Name:   "Only one profile is the default for SNI",
			Must:   "Refuse two with 400, 01071809.",
			Source: "3.11", Confidence: Client, Test: func(c *Check) {
				for _, name := range []string{"bkc-a", "bkc-b"} {
					c.Post("/ltm/profile/client-ssl", `{"name":"`+name+`","partition":"$P","defaultsFrom":"/Common/clientssl","serverName":"`+name+`.example.com","sniDefault":"true"}`)
				}
				const two = `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:443","ipProtocol":"tcp","profiles":["/Common/tcp",
					{"name":"/$P/bkc-a","context":"clientside"},{"name":"/$P/bkc-b","context":"clientside"}]}`
				const refusal = "01071809:3: Virtual Server /$P/bkc-v has more than one clientssl/serverssl profile that is default for SNI."
				c.Refused(http.MethodPost, "/ltm/virtual", two, 400, mcpd, refusal)
				c.Patch("/ltm/profile/client-ssl/~$P~bkc-b", `{"sniDefault":"false"}`)
				c.Post("/ltm/virtual", two)
				c.Refused(http.MethodPatch, "/ltm/profile/client-ssl/~$P~bkc-b", `{"sniDefault":"true"}`, 400, mcpd, refusal)
			},
		},
		{
			Name:   "Of several client SSL profiles one is the default for SNI",
			Must:   "Refuse two without with 400, 0107149c; refuse to take the default away from the only one that has it.",
			Source: "3.11", Confidence: UserReport, Test: func(c *Check) {
				for _, name := range []string{"bkc-a", "bkc-b"} {
					c.Post("/ltm/profile/client-ssl", `{"name":"`+name+`","partition":"$P","defaultsFrom":"/Common/clientssl","serverName":"`+name+`.example.com"}`)
				}
				const two = `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:443","ipProtocol":"tcp","profiles":["/Common/tcp",
					{"name":"/$P/bkc-a","context":"clientside"},{"name":"/$P/bkc-b","context":"clientside"}]}`
				c.Refused(http.MethodPost, "/ltm/virtual", two, 400, mcpd, "0107149c:3: ")
				c.Patch("/ltm/profile/client-ssl/~$P~bkc-a", `{"sniDefault":"true"}`)
				c.Post("/ltm/virtual", two)
				c.Refused(http.MethodPatch, "/ltm/profile/client-ssl/~$P~bkc-a", `{"sniDefault":"false"}`, 400, mcpd, "0107149c:3: ")
			},
		},
		{
			Name:   "Unset texts of a profile are none",
			Must:   "Show `none` for an unset description, from 13 on.",
			Source: "3.11", Confidence: Recorded, Versions: from("13.0"), Test: func(c *Check) {
				c.Equal("description", c.Get("/ltm/profile/http/~Common~http")["description"], "none")
			},
		},
		{
			Name:   "Unset texts of a profile are absent before 13",
			Must:   "Show no description that is not set.",
			Source: "3.11", Confidence: Recorded, Versions: before("13.0"), Test: func(c *Check) {
				c.Fields("profile", c.Get("/ltm/profile/http/~Common~http"), Object{"name": "http", "description": nil})
			},
		},
		{
			Name:   "A profile inherits until a PUT",
			Must:   "Follow the parent after a PATCH of something else; keep its own values after a PUT, which writes them all.",
			Source: "2.5", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/profile/tcp", `{"name":"bkc-a","partition":"$P","defaultsFrom":"/Common/tcp","idleTimeout":600}`)
				c.Post("/ltm/profile/tcp", `{"name":"bkc-b","partition":"$P","defaultsFrom":"/$P/bkc-a"}`)
				c.Patch("/ltm/profile/tcp/~$P~bkc-b", `{"nagle":"disabled"}`)
				c.Patch("/ltm/profile/tcp/~$P~bkc-a", `{"idleTimeout":700}`)
				c.Equal("inherited", c.Get("/ltm/profile/tcp/~$P~bkc-b")["idleTimeout"], 700)
				c.Put("/ltm/profile/tcp/~$P~bkc-b", `{"defaultsFrom":"/$P/bkc-a","nagle":"disabled"}`)
				c.Patch("/ltm/profile/tcp/~$P~bkc-a", `{"idleTimeout":800}`)
				c.Equal("after PUT", c.Get("/ltm/profile/tcp/~$P~bkc-b")["idleTimeout"], 700)
			},
		},
		{
			Name:   "The times of creation and change are shown",
			Must:   "Show `creationTime` and `lastModifiedTime`, from 14.1 on.",
			Source: "3.4", Confidence: Recorded, Versions: from("14.1"), Test: func(c *Check) {
				v := c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`)
				c.Equal("type of creationTime", jsonType(v["creationTime"]), "string")
				c.Equal("type of lastModifiedTime", jsonType(v["lastModifiedTime"]), "string")
			},
		},
		{
			Name:   "Old releases show no times",
			Must:   "Show neither `creationTime` nor `lastModifiedTime`, before 14.",
			Source: "3.4", Confidence: Recorded, Versions: before("14.0"), Test: func(c *Check) {
				c.Fields("virtual server", c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`),
					Object{"name": "bkc-v", "creationTime": nil, "lastModifiedTime": nil})
			},
		},
		{
			Name:   "Cookie persistence needs an HTTP profile",
			Must:   "Refuse it on a virtual server without one with 400, 01070309.",
			Source: "3.10", Confidence: UserReport, Test: func(c *Check) {
				twoPools(c)
				c.Patch(oneVirtual, `{"persist":[{"name":"/Common/cookie"}]}`)
				c.Refused(http.MethodPatch, oneVirtual, `{"profiles":["/Common/tcp"]}`, 400, mcpd, "01070309:3: Cookie persistence requires an HTTP or FastHTTP profile")
				c.Patch(oneVirtual, `{"profiles":["/Common/tcp"],"persist":[]}`)
			},
		},
		{
			Name:   "The network of the clients has a prefix length",
			Must:   "Show `192.0.2.7/32` for `192.0.2.7`; refuse what is no network, or one of another address family.",
			Source: "3.4", Confidence: Inferred, Test: func(c *Check) {
				twoPools(c)
				c.Equal("source", c.Patch(oneVirtual, `{"source":"192.0.2.7"}`)["source"], "192.0.2.7/32")
				c.Equal("source", c.Patch(oneVirtual, `{"source":"192.0.2.0/24"}`)["source"], "192.0.2.0/24")
				for _, source := range []string{"everywhere", "192.0.2.0/33", "2001:db8::/32"} {
					a := c.Ask(http.MethodPatch, oneVirtual, `{"source":"`+source+`"}`)
					c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
				}
			},
		},
		{
			Name:   "Profiles must fit the protocol",
			Must:   "Refuse http without tcp with 400, 01070096.",
			Source: "3.4", Confidence: Recorded, Test: func(c *Check) {
				c.Refused(http.MethodPost, "/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/http"]}`,
					400, mcpd, "01070096:3: Virtual server /$P/bkc-v lists profiles incompatible with its protocol.")
			},
		},
	}
}

func testProfiles(c *Check) {
	c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:443","ipProtocol":"tcp","profiles":[
		{"name":"/Common/tcp","context":"all"},"/Common/http",{"name":"/Common/clientssl","context":"clientside"}]}`)
	v := c.Get(oneVirtual + "?expandSubcollections=true")
	c.Equal("profiles", v["profiles"], nil)
	contexts := map[any]any{}
	for _, item := range list(at(v, "profilesReference", "items")) {
		contexts[at(item, "fullPath")] = at(item, "context")
	}
	c.Equal("profiles with contexts", contexts, map[any]any{"/Common/tcp": "all", "/Common/http": "all", "/Common/clientssl": "clientside"})
	c.Patch(oneVirtual, `{"profiles":["/Common/tcp"]}`)
	c.Names(c.Get(oneVirtual+"/profiles"), "tcp")
}
