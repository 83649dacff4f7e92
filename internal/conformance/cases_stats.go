package conformance

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// allCounters are the sets of counters in an answer, wherever they are: releases
// differ in the levels above them (icontrol-rest 7).
func allCounters(body Object) []Object {
	entries, _ := body["entries"].(Object)
	own := Object{}
	var all []Object
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if nested, ok := at(entries[key], "nestedStats").(Object); ok {
			all = append(all, allCounters(nested)...)
			continue
		}
		own[key] = entries[key]
	}
	if len(own) > 0 {
		all = append(all, own)
	}
	return all
}

// counters are the first set, nil if there is none.
func counters(body Object) Object {
	for _, set := range allCounters(body) {
		return set
	}
	return nil
}

const (
	connectionCounters = "serverside.bitsIn serverside.bitsOut serverside.curConns serverside.maxConns serverside.pktsIn serverside.pktsOut serverside.totConns"
	queueCounters      = " connq.ageEdm connq.ageEma connq.ageHead connq.ageMax connq.depth connq.serviced"
	clientCounters     = "clientside.bitsIn clientside.bitsOut clientside.curConns clientside.evictedConns clientside.maxConns clientside.pktsIn clientside.pktsOut " +
		"clientside.slowKilled clientside.totConns csMaxConnDur csMeanConnDur csMinConnDur fiveMinAvgUsageRatio fiveSecAvgUsageRatio oneMinAvgUsageRatio " +
		"ephemeral.curConns syncookie.accepts syncookie.rejects totRequests"
	statusTexts = "status.availabilityState status.enabledState status.statusReason"
)

// counted compares the kinds of counters: numbers have a value, texts a description.
func (c *Check) counted(what string, set Object, numbers, texts string) {
	for name := range strings.FieldsSeq(numbers) {
		c.Equal(what+": type of "+name, jsonType(at(set[name], "value")), "number")
	}
	for name := range strings.FieldsSeq(texts) {
		c.Equal(what+": type of "+name, jsonType(at(set[name], "description")), "string")
	}
}

func statsCases() []Case {
	return []Case{
		{
			Name:   "A pool has statistics",
			Must:   "Show connections, requests, numbers of members, and status, as `{\"value\"}` or `{\"description\"}` below `entries`.",
			Source: "7", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				set := counters(c.Get("/ltm/pool/~$P~bkc-p/stats"))
				c.counted("pool", set, connectionCounters+queueCounters+" connqAll.depth totRequests activeMemberCnt minActiveMembers curPriogrp highestPriogrp lowestPriogrp curSessions", statusTexts+" tmName monitorRule")
				c.Equal("tmName", at(set["tmName"], "description"), "/"+Partition+"/bkc-p")
				c.Equal("availability without a monitor", at(set["status.availabilityState"], "description"), "unknown")
			},
		},
		{
			Name:   "The members of a pool have statistics in one answer",
			Must:   "Show one set per member with `addr`, `port`, `nodeName`, connections, requests, `monitorStatus` and the reason.",
			Source: "7", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				answer := c.Get(members + "/stats")
				c.Equal("kind", answer["kind"], "tm:ltm:pool:members:memberscollectionstats")
				sets := allCounters(answer)
				c.Equal("sets", len(sets), 2)
				for _, set := range sets {
					c.counted("member", set, connectionCounters+queueCounters+" totRequests curSessions port", statusTexts+" addr nodeName poolName monitorRule monitorStatus sessionStatus")
					c.Equal("monitorStatus", at(set["monitorStatus"], "description"), "unchecked")
					c.Equal("port", at(set["port"], "value"), 80)
					c.Equal("connections", at(set["serverside.curConns"], "value"), 0)
				}
			},
		},
		{
			Name:   "The members of all pools of a partition have statistics in one answer",
			Must:   "Show, for `pool/members/stats` with a `$filter`, one set per pool of the partition, with those of its members inside.",
			Source: "7", Confidence: Inferred, Versions: from("12.0"), Test: func(c *Check) {
				onePool(c)
				var pools, members int
				for _, set := range allCounters(c.Get("/ltm/pool/members/stats?$filter=partition+eq+$P")) {
					switch {
					case at(set["nodeName"], "description") != nil:
						members++
						c.Equal("poolName", at(set["poolName"], "description"), "/"+Partition+"/bkc-p")
					case at(set["tmName"], "description") == "/"+Partition+"/bkc-p":
						pools++
					}
				}
				c.Equal("pools", pools, 1)
				c.Equal("members", members, 2)
			},
		},
		{
			Name:   "A member's reason says what is wrong",
			Must:   "Show `forced-down` or `user-down`, `disabled` and a reason for a member that is forced offline.",
			Source: "7", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				c.Patch(oneMember, `{"session":"user-disabled","state":"user-down"}`)
				set := counters(c.Get(oneMember + "/stats"))
				c.Equal("enabledState", at(set["status.enabledState"], "description"), "disabled")
				c.Equal("availabilityState", at(set["status.availabilityState"], "description"), "offline")
				reason, _ := at(set["status.statusReason"], "description").(string)
				c.True(strings.Contains(strings.ToLower(reason), "forced down"), "statusReason is %q", reason)
			},
		},
		{
			Name:   "The reason says that nothing is watched",
			Must:   "Show `Pool member does not have service checking enabled` for the member, and `The children pool member(s) either don't have service checking enabled, or service check results are not available yet` for the pool.",
			Source: "7", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				member, pool := counters(c.Get(oneMember+"/stats")), counters(c.Get("/ltm/pool/~$P~bkc-p/stats"))
				c.Equal("reason of the member", at(member["status.statusReason"], "description"), "Pool member does not have service checking enabled")
				c.Equal("reason of the pool", at(pool["status.statusReason"], "description"),
					"The children pool member(s) either don't have service checking enabled, or service check results are not available yet")
			},
		},
		{
			Name:   "A virtual server has statistics",
			Must:   "Show the connections of its clients, requests, destination and status.",
			Source: "7", Confidence: Recorded, Test: func(c *Check) {
				twoPools(c)
				set := counters(c.Get(oneVirtual + "/stats"))
				c.counted("virtual server", set, clientCounters, statusTexts+" tmName destination cmpEnabled cmpEnableMode syncookieStatus")
			},
		},
		{
			Name:   "An iRule has statistics for each event",
			Must:   "Show one set per event, below a key that ends in `~P~rule:EVENT/stats`, among the statistics of all iRules.",
			Source: "7", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/rule", `{"name":"bkc-r","partition":"$P","apiAnonymous":"when CLIENT_ACCEPTED { }\nwhen HTTP_REQUEST priority 100 { }\n"}`)
				answer := c.Get("/ltm/rule/stats")
				c.Equal("kind", answer["kind"], "tm:ltm:rule:rulecollectionstats")
				for event, priority := range map[string]int{"CLIENT_ACCEPTED": 500, "HTTP_REQUEST": 100} {
					key := "https://localhost/mgmt/tm" + inPartition("/ltm/rule/~$P~bkc-r:") + event + "/stats"
					set, _ := at(answer, "entries", key, "nestedStats", "entries").(Object)
					c.counted(event, set, "aborts avgCycles failures maxCycles minCycles priority totalExecutions", "eventType tmName")
					c.Equal(event+": eventType", at(set["eventType"], "description"), event)
					c.Equal(event+": priority", at(set["priority"], "value"), priority)
				}
			},
		},
		{
			Name:   "A node has statistics",
			Must:   "Show connections, requests and status.",
			Source: "7", Confidence: Inferred, Test: func(c *Check) {
				onePool(c)
				c.counted("node", counters(c.Get("/ltm/node/~$P~192.0.2.1/stats")), connectionCounters+" totRequests curSessions", statusTexts+" addr tmName")
			},
		},
		statsKeyCase("The key of statistics is the object's URL", from("14.1"), "/ltm/pool/~$P~bkc-p/stats"),
		statsKeyCase("The key of statistics names the object twice", Versions{From: "12.0", Before: "14.0"}, "/ltm/pool/~$P~bkc-p/~$P~bkc-p/stats"),
	}
}

func statsKeyCase(name string, versions Versions, key string) Case {
	return Case{
		Name: name, Must: "Put the counters below `https://localhost/mgmt/tm" + strings.ReplaceAll(key, "$P", "P") + "`.",
		Source: "7", Confidence: Recorded, Versions: versions, Test: func(c *Check) {
			onePool(c)
			entries, _ := c.Get("/ltm/pool/~$P~bkc-p/stats")["entries"].(Object)
			c.Equal("keys", slices.Collect(maps.Keys(entries)), []string{"https://localhost/mgmt/tm" + inPartition(key)})
		},
	}
}

func systemCases() []Case {
	return []Case{
		{
			Name:   "The version can be read",
			Must:   "Show Product `BIG-IP`, Version, Build and Edition as `{\"description\"}`; the version is the one in `ver=` of each link.",
			Source: "3.17", Confidence: Recorded, Test: func(c *Check) {
				set := counters(c.Get("/sys/version"))
				c.counted("version", set, "", "Product Version Build Edition Date Title")
				c.Equal("Product", at(set["Product"], "description"), "BIG-IP")
				link, _ := c.Get(anyObject)["selfLink"].(string)
				version, _ := at(set["Version"], "description").(string)
				c.True(strings.HasSuffix(link, "?ver="+version), "selfLink is %s, the version %s", link, version)
			},
		},
		{
			Name:   "Readiness can be read",
			Must:   "Show configReady, licenseReady and provisionReady as `yes`, from 14.1 on.",
			Source: "3.17", Confidence: Recorded, Versions: from("14.1"), Test: func(c *Check) {
				set := counters(c.Get("/sys/ready"))
				for _, name := range []string{"configReady", "licenseReady", "provisionReady"} {
					c.Equal(name, at(set[name], "description"), "yes")
				}
			},
		},
		{
			Name:   "The configuration is saved by a command",
			Must:   "Answer `{\"command\":\"save\"}` with kind `tm:sys:config:savestate`.",
			Source: "3.15", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("save", c.Post("/sys/config", `{"command":"save"}`), Object{"kind": "tm:sys:config:savestate", "command": "save"})
			},
		},
		{
			Name:   "The state of config sync can be read",
			Must:   "Show color, mode, status and summary, and the details below a key in camel case (`…/cm/syncStatus/0/details`).",
			Source: "3.16", Confidence: Recorded, Test: func(c *Check) {
				c.clusterStatus("/cm/sync-status", "syncStatus", "color mode status summary")
			},
		},
		{
			Name:   "The state of failover can be read",
			Must:   "Show color, status and summary, and the details below a key in camel case (`…/cm/failoverStatus/0/details`).",
			Source: "3.16", Confidence: Recorded, Test: func(c *Check) {
				c.clusterStatus("/cm/failover-status", "failoverStatus", "color status summary")
			},
		},
		{
			Name:   "A device tells whether it is active",
			Must:   "Mark itself with `selfDevice` `\"true\"` and show `failoverState`, among the devices; the same in `/mgmt/shared/bigip-failover-state`.",
			Source: "3.16", Confidence: Recorded, Test: func(c *Check) {
				state := c.Get("/mgmt/shared/bigip-failover-state")["failoverState"]
				c.Equal("type of failoverState", jsonType(state), "string")
				for _, item := range list(c.Get("/cm/device")["items"]) {
					if at(item, "selfDevice") == "true" {
						c.Equal("failoverState", at(item, "failoverState"), state)
						return
					}
				}
				c.Errorf("no device says selfDevice")
			},
		},
		{
			Name:   "A config sync to an unknown group is refused",
			Must:   "Answer 400, 01070734, `Device group (x) not found`.",
			Source: "3.16", Confidence: Recorded, Test: func(c *Check) {
				c.Refused(http.MethodPost, "/cm", `{"command":"run","utilCmdArgs":"config-sync to-group bkc-none"}`, 400, mcpd, "01070734:3: Configuration error: Device group (")
			},
		},
		{
			Name:   "A device says when it is available",
			Must:   "Answer `/mgmt/tm/sys/available` with 200 once it is up, and tell the level to which LTM is provisioned.",
			Source: "3.17", Confidence: UserReport, Test: func(c *Check) {
				c.Get("/sys/available")
				level, _ := c.Get("/sys/provision/ltm")["level"].(string)
				c.True(level != "" && level != "none", "the level of ltm is %q", level)
			},
		},
		{
			Name:   "The root folder is ~",
			Must:   "Show `/sys/folder/~` with the name `/`.",
			Source: "2.4", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("root", c.Get("/sys/folder/~"), Object{"name": "/", "fullPath": "/"})
				c.Fields("Common", c.Get("/sys/folder/~Common"), Object{"name": "Common", "subPath": "/", "partition": nil})
			},
		},
		{
			Name:   "A partition is a folder",
			Must:   "Show `/sys/folder/~P` with deviceGroup and trafficGroup.",
			Source: "3.13", Confidence: Recorded, Test: func(c *Check) {
				folder := c.Get("/sys/folder/~$P")
				c.Equal("fullPath", folder["fullPath"], "/"+Partition)
				c.Equal("type of trafficGroup", jsonType(folder["trafficGroup"]), "string")
			},
		},
		{
			Name:   "A partition tells its default route domain",
			Must:   "Show `defaultRouteDomain` as a number.",
			Source: "3.13", Confidence: Recorded, Test: func(c *Check) {
				c.Equal("type of defaultRouteDomain", jsonType(c.Get(anyObject)["defaultRouteDomain"]), "number")
			},
		},
		{
			Name:   "An organising collection names what lies below",
			Must:   "Show items with `reference.link`: for `ltm`, `ltm/monitor`, `ltm/persistence`, `net/fdb`, `cm`, `sys`.",
			Source: "2.3", Confidence: Recorded, Test: func(c *Check) {
				for _, path := range []string{"ltm/pool", "ltm/monitor/http", "ltm/persistence/cookie", "net/fdb/tunnel", "cm/sync-status", "sys/folder"} {
					above := path[:strings.LastIndexByte(path, '/')]
					var links []string
					for _, item := range list(c.Get("/" + above)["items"]) {
						link, _ := at(item, "reference", "link").(string)
						links = append(links, link)
					}
					want := "https://localhost/mgmt/tm/" + path + "?ver=" + c.device.Version
					c.True(slices.Contains(links, want), "%s is not among %q", want, links)
				}
			},
		},
	}
}

// clusterStatus checks one of the two status pages of package cm. The details
// are a level lower, below a key that is spelled differently.
func (c *Check) clusterStatus(path, camel, texts string) {
	entries, _ := at(c.Get(path), "entries", "https://localhost/mgmt/tm"+path+"/0", "nestedStats", "entries").(Object)
	c.counted(path, entries, "", texts)
	details, _ := at(entries, "https://localhost/mgmt/tm/cm/"+camel+"/0/details", "nestedStats", "entries").(Object)
	c.True(len(details) > 0, "%s: no details", path)
	for key := range details {
		c.Equal(key+": type", jsonType(at(details[key], "nestedStats", "entries", "details", "description")), "string")
	}
}
