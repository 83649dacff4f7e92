package conformance

import "strings"

// monitorKinds are those that F5's provider goes through.
var monitorKinds = []string{
	"ftp", "gateway-icmp", "http", "https", "icmp", "inband", "ldap", "mysql", "postgresql", "smtp", "tcp", "tcp-half-open", "udp",
}

func terraformMonitorCases() []Case {
	cases := []Case{{
		Name:   "F5's provider: bigip_ltm_monitor",
		Must:   "List the collections of monitors one after another, take a POST below the parent's type, and a PUT of the whole monitor.",
		Source: "3.9", Confidence: Client, Test: testTerraformMonitor,
	}}
	for _, kind := range monitorKinds {
		cases = append(cases, Case{
			Name:   "F5's provider: bigip_ltm_monitor of the parent " + parentMonitor(kind),
			Must:   "Take a POST and a PUT of a monitor that inherits from `" + parentMonitor(kind) + "`, show it with generation 0, and delete it.",
			Source: "3.9", Confidence: Client, Test: func(c *Check) {
				collection, parent := "/ltm/monitor/"+kind, parentMonitor(kind)
				one := collection + "/~$P~bkc-m"
				body := `"defaultsFrom":"` + parent + `","description":"`
				c.Post(collection, `{"name":"/$P/bkc-m",`+body+`a"}`)
				c.Put(one, `{`+body+`b"}`)
				c.Fields("monitor", c.Get(one), Object{"name": "bkc-m", "partition": Partition, "defaultsFrom": parent, "description": "b", "generation": asNumber(0)})
				c.Delete(one)
				c.Gone(one)
			},
		})
	}
	return cases
}

func parentMonitor(kind string) string { return "/Common/" + strings.ReplaceAll(kind, "-", "_") }

func testTerraformMonitor(c *Check) {
	for _, kind := range monitorKinds {
		c.Equal("kind of "+kind, c.Get("/ltm/monitor/" + kind)["kind"], "tm:ltm:monitor:"+kind+":"+kind+"collectionstate")
	}
	const monitor = "/ltm/monitor/http/~$P~bkc-m"
	c.Post("/ltm/monitor/http", `{"name":"/$P/bkc-m","defaultsFrom":"/Common/http","interval":7,"timeout":22,"send":"GET /a\\r\\n","recv":"ok"}`)
	c.Put(monitor, `{"defaultsFrom":"/Common/http","interval":8,"timeout":25,"send":"GET /b\\r\\n","recv":"fine","manualResume":"enabled"}`)
	c.Fields("monitor", c.Get(monitor), Object{
		"interval": asNumber(8), "timeout": asNumber(25), "send": `GET /b\r\n`, "recv": "fine", "manualResume": "enabled", "defaultsFrom": "/Common/http",
	})
	c.Delete(monitor)
	c.Gone(monitor)
}

// terraformFileCases are certificates and keys: uploads outside, objects inside a
// transaction.
func terraformFileCases() []Case {
	return []Case{
		{
			Name:   "F5's provider: bigip_ssl_certificate",
			Must:   "Take an upload, a POST with `file:///…` as `sourcePath`, a read with subcollections, a PATCH after a second upload, and a DELETE.",
			Source: "3.12", Confidence: Client, Test: func(c *Check) {
				pairs := twoKeyPairs(c)
				const one = "/sys/file/ssl-cert/~$P~bkc-t.crt"
				body := `{"name":"bkc-t.crt","partition":"$P","sourcePath":"file:///var/config/rest/downloads/bkc-t.crt"}`
				upload(c, "bkc-t.crt", pairs[0].certificate, 512<<10)
				c.Post("/sys/file/ssl-cert", body)
				first := c.Get(one + "?expandSubcollections=true")
				c.Fields("certificate", first, Object{"name": "bkc-t.crt", "partition": Partition, "keyType": "rsa-public", "passphrase": nil})
				upload(c, "bkc-t.crt", pairs[1].certificate, 512<<10)
				c.Patch(one, body)
				c.True(c.Get(one)["checksum"] != first["checksum"], "the checksum stays %v", first["checksum"])
				c.Delete(one)
				c.Gone(one)
			},
		},
		{
			Name:   "F5's provider: bigip_ssl_key",
			Must:   "Take an upload, a POST of the key, a PATCH after a second upload, and a DELETE; show `securityType` `normal` for a key without a passphrase.",
			Source: "3.12", Confidence: Client, Test: func(c *Check) {
				pairs := twoKeyPairs(c)
				const one = "/sys/file/ssl-key/~$P~bkc-t.key"
				body := `{"name":"bkc-t.key","partition":"$P","sourcePath":"file:///var/config/rest/downloads/bkc-t.key"}`
				upload(c, "bkc-t.key", pairs[0].key, 512<<10)
				c.Post("/sys/file/ssl-key", body)
				c.Fields("key", c.Get(one), Object{"name": "bkc-t.key", "keyType": "rsa-private", "securityType": "normal", "passphrase": nil})
				upload(c, "bkc-t.key", pairs[1].key, 512<<10)
				c.Patch(one, body)
				c.Delete(one)
				c.Gone(one)
			},
		},
		{
			Name:   "F5's provider: bigip_ssl_key_cert",
			Must:   "Make key and certificate in one transaction, and replace both in another while a profile uses them.",
			Source: "3.12", Confidence: Client, Test: func(c *Check) {
				pairs := twoKeyPairs(c)
				for i, method := range []string{"POST", "PATCH"} {
					upload(c, "bkc-t.key", pairs[i].key, 512<<10)
					upload(c, "bkc-t.crt", pairs[i].certificate, 512<<10)
					inside, path := begin(c)
					for kind, file := range map[string]string{"/sys/file/ssl-key": "bkc-t.key", "/sys/file/ssl-cert": "bkc-t.crt"} {
						if method == "PATCH" {
							kind += "/~$P~" + file
						}
						inside.Must(method, kind, `{"name":"`+file+`","partition":"$P","sourcePath":"file:///var/config/rest/downloads/`+file+`"}`)
					}
					c.Patch(path, commit)
					if method == "POST" {
						c.Post("/ltm/profile/client-ssl", `{"name":"/$P/bkc-x","defaultsFrom":"/Common/clientssl","cert":"/$P/bkc-t.crt","key":"/$P/bkc-t.key"}`)
					}
				}
				c.Fields("profile", c.Get("/ltm/profile/client-ssl/~$P~bkc-x"), Object{"cert": "/" + Partition + "/bkc-t.crt", "key": "/" + Partition + "/bkc-t.key"})
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_node of a name",
			Must:   "Take a POST with `fqdn`, and a PUT of the whole node with the same `fqdn.tmName`.",
			Source: "3.3", Confidence: Client, Test: func(c *Check) {
				const node = "/ltm/node/~$P~bkc-n"
				c.Post("/ltm/node", `{"name":"/$P/bkc-n","monitor":"default","fqdn":{"addressFamily":"ipv4","interval":"3000","downInterval":3,"autopopulate":"enabled","tmName":"bkc.invalid"}}`)
				c.Put(node, `{"monitor":"default","ratio":2,"fqdn":{"interval":"60","downInterval":4,"tmName":"bkc.invalid"}}`)
				got := c.Get(node)
				c.Equal("ratio", got["ratio"], 2)
				c.Equal("tmName", at(got, "fqdn", "tmName"), "bkc.invalid")
				c.Equal("interval", at(got, "fqdn", "interval"), "60")
			},
		},
	}
}
