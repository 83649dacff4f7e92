package conformance

import "strings"

// The fields of objects, with their JSON types. Numbers that are strings, and
// switches that are words, are the device's (icontrol-rest 2.6, 3).

//nolint:gosec // fields, no credential
const tokenShape shape = `
	string: token name userName authProviderName startTime address partition kind selfLink
	number: timeout generation lastUpdateMicros expirationMicros
	list: groupReferences?
	object: user`

const envelopeShape shape = `
	string: kind name partition fullPath selfLink
	number: generation`

const poolShape = envelopeShape + `
	string: allowNat allowSnat ignorePersistedWeight ipTosToClient ipTosToServer linkQosToClient linkQosToServer loadBalancingMode
	string: minUpMembersAction minUpMembersChecking queueOnConnectionLimit serviceDownAction
	string: description? monitor?
	number: minActiveMembers minUpMembers queueDepthLimit queueTimeLimit reselectTries slowRampTime
	list: metadata?
	link: membersReference
	boolean: membersReference.isSubcollection`

const memberShape = envelopeShape + `
	string: address ephemeral inheritProfile logging monitor rateLimit session state fqdn.autopopulate
	string: description?
	number: connectionLimit dynamicRatio priorityGroup ratio
	link: nameReference?`

const nodeShape = envelopeShape + `
	string: address ephemeral logging monitor rateLimit session state
	string: fqdn.addressFamily fqdn.autopopulate fqdn.interval description?
	number: connectionLimit dynamicRatio ratio fqdn.downInterval`

const virtualShape = envelopeShape + `
	string: addressStatus autoLasthop cmpEnabled destination ipProtocol mask mirror mobileAppTunnel nat64 rateLimit rateLimitMode
	string: serviceDownImmediateAction source sourceAddressTranslation.type sourcePort synCookieStatus translateAddress translatePort
	string: description? pool? fallbackPersistence? creationTime? lastModifiedTime?
	number: connectionLimit gtmScore rateLimitDstMask rateLimitSrcMask vsIndex
	boolean: enabled? disabled? vlansDisabled? vlansEnabled?
	list: persist? rules? vlans? metadata?
	link: policiesReference profilesReference poolReference? fallbackPersistenceReference?
	boolean: profilesReference.isSubcollection policiesReference.isSubcollection`

const profileOfVirtualShape = envelopeShape + `
	string: context
	link: nameReference?`

const virtualAddressShape = envelopeShape + `
	string: address arp autoDelete enabled floating icmpEcho inheritedTrafficGroup mask routeAdvertisement serverScope spanning trafficGroup
	number: connectionLimit unit
	link: trafficGroupReference`

const monitorShape = envelopeShape + `
	string: adaptive adaptiveDivergenceType defaultsFrom destination manualResume reverse transparent
	string: description? recv? recvDisable? send? username? password?
	number: adaptiveDivergenceValue adaptiveLimit adaptiveSamplingTimespan interval ipDscp timeUntilUp timeout upInterval`

const httpsMonitorShape = monitorShape + `
	string: cipherlist? compatibility? cert? key? sslProfile?
	link: certReference? keyReference? sslProfileReference?`

const cookieShape = envelopeShape + `
	string: alwaysSend cookieEncryption cookieName? defaultsFrom? expiration httponly matchAcrossPools matchAcrossServices matchAcrossVirtuals
	string: method mirror overrideConnectionLimit timeout
	number: hashLength hashOffset`

const sourceAddressShape = envelopeShape + `
	string: hashAlgorithm mapProxies matchAcrossPools matchAcrossServices matchAcrossVirtuals mirror overrideConnectionLimit timeout`

// shapeCases compare objects with the fields that devices show. That a device
// shows no others is known for the recorded releases only.
func shapeCases() []Case {
	var cases []Case
	for _, row := range []struct {
		what, source string
		shape        shape
		exact        bool // the recordings tell all fields
		make         func(*Check) Object
	}{
		{"A pool", "3.1", poolShape, true, func(c *Check) Object {
			return c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/Common/tcp","description":"x"}`)
		}},
		{"A member", "3.2", memberShape, true, func(c *Check) Object {
			onePool(c)
			return c.Get(oneMember)
		}},
		{"A node", "3.3", nodeShape, true, func(c *Check) Object {
			return c.Post("/ltm/node", `{"name":"bkc-n","partition":"$P","address":"192.0.2.7"}`)
		}},
		{"A virtual server", "3.4", virtualShape, true, func(c *Check) Object {
			onePool(c)
			return c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","pool":"/$P/bkc-p",
				"profiles":["/Common/tcp","/Common/http"],"persist":["/Common/cookie"],"fallbackPersistence":"/Common/source_addr"}`)
		}},
		{"A profile of a virtual server", "3.4", profileOfVirtualShape, true, func(c *Check) Object {
			c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp"]}`)
			profile, _ := at(c.Get("/ltm/virtual/~$P~bkc-v/profiles"), "items", 0).(Object)
			return profile
		}},
		{"A virtual address", "3.5", virtualAddressShape, true, func(c *Check) Object {
			c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`)
			return c.Get("/ltm/virtual-address/~$P~203.0.113.1")
		}},
		{"An HTTP monitor", "3.9", monitorShape, true, func(c *Check) Object {
			return c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P","recv":"ok"}`)
		}},
		{"An HTTPS monitor", "3.9", httpsMonitorShape, false, func(c *Check) Object {
			return c.Post("/ltm/monitor/https", `{"name":"bkc-m","partition":"$P"}`)
		}},
		{"A TCP monitor", "3.9", monitorShape, true, func(c *Check) Object {
			return c.Post("/ltm/monitor/tcp", `{"name":"bkc-m","partition":"$P"}`)
		}},
		{"The cookie persistence", "3.10", cookieShape, false, func(c *Check) Object { return c.Get("/ltm/persistence/cookie/~Common~cookie") }},
		{"The source address persistence", "3.10", sourceAddressShape, false, func(c *Check) Object {
			return c.Get("/ltm/persistence/source-addr/~Common~source_addr")
		}},
	} {
		cases = append(cases, Case{
			Name:   row.what + " has its fields in their types",
			Must:   "Show " + mustShow(row.shape),
			Source: row.source, Confidence: Recorded, Test: func(c *Check) { c.shaped(row.shape, row.make(c), false) },
		})
		if row.exact {
			cases = append(cases, Case{
				Name:   row.what + " has no other fields",
				Must:   "Show no field besides these, as far as releases have been recorded.",
				Source: row.source, Confidence: Recorded, Versions: Versions{From: "12.0", Before: "15.0"},
				Test: func(c *Check) { c.shaped(row.shape, row.make(c), true) },
			})
		}
	}
	return cases
}

func (c *Check) shaped(s shape, o Object, exact bool) {
	if o == nil {
		c.Fatalf("there is no object")
	}
	for _, problem := range s.problems(o, exact) {
		c.Errorf("%s", problem)
	}
}

// mustShow lists the fields by type, for the page.
func mustShow(s shape) string {
	byType := map[string][]string{}
	var order []string
	for _, f := range s.fields() {
		if f.optional || strings.Contains(f.path, ".") {
			continue
		}
		if byType[f.kind] == nil {
			order = append(order, f.kind)
		}
		byType[f.kind] = append(byType[f.kind], "`"+f.path+"`")
	}
	var parts []string
	for _, kind := range order {
		parts = append(parts, "as "+kind+" "+strings.Join(byType[kind], ", "))
	}
	return strings.Join(parts, "; ") + "."
}
