package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

func nameCases() []Case {
	return []Case{
		{
			Name:   "A full path in a URL has ~ for /",
			Must:   "Find `/P/name` by `~P~name`, and by `P~name`.",
			Source: "2.1", Confidence: Client, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				for _, path := range []string{"~$P~bkc-p", "$P~bkc-p"} {
					c.Equal("fullPath by "+path, c.Get("/ltm/pool/" + path)["fullPath"], "/"+Partition+"/bkc-p")
				}
			},
		},
		{
			Name:   "An object's envelope is its kind, its names and its link",
			Must:   "Show kind, name, partition, fullPath, generation and selfLink; the link's host is localhost and its `ver` the device's version.",
			Source: "2.4", Confidence: Recorded, Test: func(c *Check) {
				o := c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				c.Fields("pool", o, Object{
					"kind": "tm:ltm:pool:poolstate", "name": "bkc-p", "partition": Partition, "fullPath": "/" + Partition + "/bkc-p",
					"selfLink": "https://localhost/mgmt/tm/ltm/pool/~" + Partition + "~bkc-p?ver=" + c.device.Version,
				})
				c.Equal("type of generation", jsonType(o["generation"]), "number")
			},
		},
		{
			Name:   "A name may be a full path",
			Must:   "Create by `\"name\":\"/P/name\"` what name and partition create.",
			Source: "2.1", Confidence: Client, Test: func(c *Check) {
				c.Fields("pool", c.Post("/ltm/pool", `{"name":"/$P/bkc-p"}`), Object{"name": "bkc-p", "partition": Partition, "fullPath": "/" + Partition + "/bkc-p"})
			},
		},
		{
			Name:   "An object in a folder has a subPath",
			Must:   "Create by `subPath`, show `subPath`, and find it by `~P~folder~name`.",
			Source: "2.1", Confidence: Client, Test: func(c *Check) {
				c.Post("/sys/folder", `{"name":"bkc-f","partition":"$P"}`)
				want := Object{"name": "bkc-p", "partition": Partition, "subPath": "bkc-f", "fullPath": "/" + Partition + "/bkc-f/bkc-p"}
				c.Fields("POST", c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","subPath":"bkc-f"}`), want)
				c.Fields("GET", c.Get("/ltm/pool/~$P~bkc-f~bkc-p"), want)
			},
		},
		{
			Name:   "A name without a partition is answered without one",
			Must:   "Find `/Common/name` by the bare name; leave `partition` out and show the bare name as `fullPath`.",
			Source: "2.1", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("bare", c.Get("/ltm/monitor/http/http"), Object{"name": "http", "partition": nil, "fullPath": "http"})
				c.Fields("full", c.Get("/ltm/monitor/http/~Common~http"), Object{"name": "http", "partition": "Common", "fullPath": "/Common/http"})
			},
		},
		{
			Name:   "The % of a route domain is %25 in URLs and links",
			Must:   "Find the member `192.0.2.1%4242:80` by `192.0.2.1%254242:80`; in `selfLink` the `%` is encoded too.",
			Source: "2.1", Confidence: Recorded, Test: testRouteDomain,
		},
		{
			Name:   "The partition's default route domain is in the address, not in the name",
			Must:   "Show the member and its node by the bare name, with `address` `192.0.2.1%4242`.",
			Source: "4.1", Confidence: Recorded, Test: testDefaultRouteDomain,
		},
		{
			Name:   "A port may be written as the name of its service",
			Must:   "Take `192.0.2.1:http` for a member and `:https` in a destination, and show numbers from 12 on.",
			Source: "4.1", Confidence: Client, Versions: from("12.0"), Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":[{"name":"192.0.2.1:http","partition":"$P"}]}`)
				c.Post(members, `{"name":"2001:db8::1.https","partition":"$P"}`)
				c.Names(c.Get(members), "192.0.2.1:80", "2001:db8::1.443")
				virtual := c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:https"}`)
				c.Equal("destination", virtual["destination"], "/"+Partition+"/203.0.113.1:443")
			},
		},
		{
			Name:   "What has no partition shows none",
			Must:   "Show a partition with its bare name as `fullPath`, and without `partition`.",
			Source: "3.13", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("partition", c.Get("/auth/partition/$P"), Object{"kind": "tm:auth:partition:partitionstate", "name": Partition, "fullPath": Partition, "partition": nil})
			},
		},
		{
			Name:   "The generation grows with each change",
			Must:   "Raise `generation` when an object is changed.",
			Source: "2.4", Confidence: Recorded, Test: func(c *Check) {
				first := c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				second := c.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
				c.True(number(second["generation"]) > number(first["generation"]), "generation %v after %v", second["generation"], first["generation"])
			},
		},
		{
			Name:   "POST and PATCH answer with the whole object",
			Must:   "Answer a write with what GET answers.",
			Source: "2.4", Confidence: Recorded, Test: func(c *Check) {
				posted := c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","description":"x"}`)
				c.Equal("description", posted["description"], "x")
				c.Equal("POST", posted, c.Get("/ltm/pool/~$P~bkc-p"))
				c.Equal("PATCH", c.Patch("/ltm/pool/~$P~bkc-p", `{"slowRampTime":0}`), c.Get("/ltm/pool/~$P~bkc-p"))
			},
		},
	}
}

// testRouteDomain makes a route domain, which needs no VLAN.
func testRouteDomain(c *Check) {
	c.Post("/net/route-domain", `{"name":"bkc-rd","partition":"$P","id":4242}`)
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":[{"name":"192.0.2.1%4242:80","partition":"$P"}]}`)
	path := "/ltm/pool/~$P~bkc-p/members/~$P~192.0.2.1%254242:80"
	member := c.Get(path)
	c.Fields("member", member, Object{"name": "192.0.2.1%4242:80", "address": "192.0.2.1%4242"})
	link, _ := member["selfLink"].(string)
	c.True(strings.Contains(link, inPartition(path)), "selfLink is %s", link)
	c.Get("/ltm/node/~$P~192.0.2.1%254242")
	c.Post("/ltm/pool/~$P~bkc-p/members", `{"name":"2001:db8::1%4242.80","partition":"$P"}`)
	c.Equal("address", c.Get("/ltm/pool/~$P~bkc-p/members/~$P~2001:db8::1%254242.80")["address"], "2001:db8::1%4242")
}

// testDefaultRouteDomain changes the partition; the clean-up changes it back.
func testDefaultRouteDomain(c *Check) {
	c.Post("/net/route-domain", `{"name":"bkc-rd","partition":"$P","id":4242}`)
	c.Patch("/auth/partition/$P", `{"defaultRouteDomain":4242}`)
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":["192.0.2.1:80"]}`)
	c.Fields("member", c.Get(oneMember), Object{"name": "192.0.2.1:80", "address": "192.0.2.1%4242"})
	c.Fields("node", c.Get("/ltm/node/~$P~192.0.2.1"), Object{"name": "192.0.2.1", "address": "192.0.2.1%4242"})
}

func number(v any) int64 {
	n, ok := v.(interface{ Int64() (int64, error) })
	if !ok {
		return -1
	}
	i, err := n.Int64()
	if err != nil {
		return -1
	}
	return i
}

func collectionCases() []Case {
	return []Case{
		{
			Name:   "A collection's items are its objects",
			Must:   "Show `items` with kind `…collectionstate`.",
			Source: "2.3", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				got := c.Get("/ltm/pool?$filter=partition+eq+$P")
				c.Equal("kind", got["kind"], "tm:ltm:pool:poolcollectionstate")
				c.Names(got, "bkc-p")
			},
		},
		{
			Name:   "An empty collection of old releases has no items",
			Must:   "Leave `items` out.",
			Source: "2.3", Confidence: Recorded, Versions: before("13.0"), Test: func(c *Check) {
				c.Fields("collection", c.Get("/ltm/pool?$filter=partition+eq+$P"), Object{"kind": "tm:ltm:pool:poolcollectionstate", "items": nil})
			},
		},
		{
			Name:   "An empty collection of new releases has an empty list",
			Must:   "Show `\"items\":[]`.",
			Source: "2.3", Confidence: Recorded, Versions: from("14.1"), Test: func(c *Check) {
				c.Equal("items", c.Get("/ltm/pool?$filter=partition+eq+$P")["items"], []any{})
			},
		},
		{
			Name:   "$filter narrows a collection to a partition",
			Must:   "Take `$filter=partition eq P`, with the blanks as `+` or `%20` and the `$` as `%24`, and show the objects of its folders too.",
			Source: "2.2", Confidence: Client, Test: func(c *Check) {
				c.Post("/sys/folder", `{"name":"bkc-f","partition":"$P"}`)
				c.Post("/ltm/pool", `{"name":"bkc-a","partition":"$P"}`)
				c.Post("/ltm/pool", `{"name":"bkc-b","partition":"$P","subPath":"bkc-f"}`)
				for _, query := range []string{"$filter=partition+eq+$P", "$filter=partition%20eq%20$P", "%24filter=partition+eq+$P&%24top=100&expandSubcollections=true"} {
					c.Names(c.Get("/ltm/pool?"+query), "bkc-a", "bkc-b")
				}
			},
		},
		{
			Name:   "$filter on a partition that does not exist is an error",
			Must:   "Answer 400, 26214401, `The requested folder (/x) was not found.`",
			Source: "6.2", Confidence: Client, Test: func(c *Check) {
				c.Refused(http.MethodGet, "/ltm/pool?$filter=partition+eq+bkc-none", "", 400, tmsh, "The requested folder (/bkc-none) was not found.")
			},
		},
		{
			Name:   "$select shows only the fields that it names",
			Must:   "Show nothing else in each item.",
			Source: "2.2", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				got := c.Get("/ltm/pool?$filter=partition+eq+$P&$select=fullPath,slowRampTime")
				c.Equal("item", at(got, "items", 0), Object{"fullPath": "/" + Partition + "/bkc-p", "slowRampTime": json.Number("10")})
			},
		},
		{
			Name:   "$select shows only the fields that it names of one object",
			Must:   "Show nothing else, or the whole object.",
			Source: "2.2", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","description":"words"}`)
				c.Fields("pool", c.Get("/ltm/pool/~$P~bkc-p?$select=fullPath,description"), Object{"fullPath": "/" + Partition + "/bkc-p", "description": "words"})
			},
		},
		{
			Name:   "$top pages a collection, and nextLink leads on",
			Must:   "Show `$top` items and a `nextLink` with `$skip`, on localhost, until the last page; it goes on with `$filter` and `expandSubcollections`.",
			Source: "2.2", Confidence: Recorded, Test: testPaging,
		},
		{
			Name:   "expandSubcollections shows what lies in an object",
			Must:   "Put `items` into `membersReference`; without it, show `link` and `isSubcollection` only; when empty, too.",
			Source: "2.3", Confidence: Recorded, Test: testExpand,
		},
		{
			Name:   "A path that is no collection is 404 of another layer",
			Must:   "Answer 404 without `apiError`, which a missing object's 404 has.",
			Source: "6.2", Confidence: Client, Test: func(c *Check) {
				a := c.Ask(http.MethodGet, "/ltm/bkc-no-such-collection", "")
				c.Equal("status", a.Status, http.StatusNotFound)
				c.Equal("apiError", a.Body["apiError"], nil)
				c.True(a.Body["message"] != nil, "%s: no message", a)
			},
		},
		{
			Name:   "Answers are JSON with a character set",
			Must:   "Say `Content-Type: application/json` with a parameter, for refusals too.",
			Source: "0", Confidence: Recorded, Test: func(c *Check) {
				for _, path := range []string{anyObject, "/ltm/pool/~$P~bkc-none"} {
					kind := c.Ask(http.MethodGet, path, "").Header.Get("Content-Type")
					c.True(strings.HasPrefix(strings.ToLower(kind), "application/json;"), "%s: content type %q", path, kind)
				}
			},
		},
	}
}

func testPaging(c *Check) {
	var want []string
	for i := range 5 {
		name := fmt.Sprintf("bkc-p%d", i)
		want = append(want, name)
		c.Post("/ltm/pool", `{"name":"`+name+`","partition":"$P","members":["192.0.2.1:80"]}`)
	}
	var got []string
	path := "/ltm/pool?$filter=partition+eq+$P&expandSubcollections=true&$top=2"
	for range 3 {
		page := c.Get(path)
		got = append(got, names(page)...)
		for _, item := range list(page["items"]) {
			c.Equal("members on each page", at(item, "membersReference", "items", 0, "name"), "192.0.2.1:80")
		}
		next, _ := page["nextLink"].(string)
		rest, local := strings.CutPrefix(next, "https://localhost")
		if len(got) >= len(want) {
			c.Equal("nextLink of the last page", page["nextLink"], nil)
			break
		}
		if !local || !strings.Contains(next, "skip=") {
			c.Fatalf("nextLink is %q", next)
		}
		path = rest
	}
	c.Equal("names on all pages", got, want)
}

func testExpand(c *Check) {
	c.Post("/ltm/pool", `{"name":"bkc-empty","partition":"$P"}`)
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":[{"name":"192.0.2.1:80","partition":"$P"}]}`)
	plain, _ := c.Get("/ltm/pool/~$P~bkc-p")["membersReference"].(Object)
	c.Fields("plain", plain, Object{"isSubcollection": true, "items": nil})
	expanded, _ := c.Get("/ltm/pool/~$P~bkc-p?expandSubcollections=true")["membersReference"].(Object)
	c.Fields("expanded", expanded, Object{"isSubcollection": true, "link": plain["link"]})
	c.Equal("member", at(expanded, "items", 0, "name"), "192.0.2.1:80")
	empty, _ := c.Get("/ltm/pool/~$P~bkc-empty?expandSubcollections=true")["membersReference"].(Object)
	c.Fields("expanded and empty", empty, Object{"isSubcollection": true, "items": nil})
	for _, item := range list(c.Get("/ltm/pool?$filter=partition+eq+$P&expandSubcollections=true")["items"]) {
		members := len(list(at(item, "membersReference", "items")))
		if at(item, "name") == "bkc-p" {
			c.Equal("members in the collection", members, 1)
		}
	}
}
