package conformance

import (
	"net/http"
	"strings"
)

func monitorCases() []Case {
	return []Case{
		{
			Name:   "The built-in monitors are there",
			Must:   "Have `/Common/http`, `/Common/https` and `/Common/tcp`, without `defaultsFrom`, with interval 5 and timeout 16.",
			Source: "3.9", Confidence: Recorded, Test: func(c *Check) {
				for _, kind := range []string{"http", "https", "tcp"} {
					c.Fields(kind, c.Get("/ltm/monitor/"+kind+"/~Common~"+kind), Object{"defaultsFrom": nil, "interval": asNumber(5), "timeout": asNumber(16)})
				}
			},
		},
		{
			Name:   "A new monitor inherits from the built-in one",
			Must:   "Show `defaultsFrom` `/Common/http` and its interval, timeout and send.",
			Source: "3.9", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("monitor", c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P"}`), Object{
					"defaultsFrom": "/Common/http", "interval": asNumber(5), "timeout": asNumber(16), "send": `GET /\r\n`, "recv": nil,
				})
			},
		},
		{
			Name:   "A send string keeps its backslashes",
			Must:   "Show `\\r\\n` as four characters, as they were written.",
			Source: "3.9", Confidence: Recorded, Test: func(c *Check) {
				text := `GET /health HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n`
				body := `{"name":"bkc-m","partition":"$P","send":` + quote(text) + `,"recv":"200 OK","recvDisable":"503"}`
				want := Object{"send": text, "recv": "200 OK", "recvDisable": "503"}
				c.Fields("POST", c.Post("/ltm/monitor/http", body), want)
				c.Fields("GET", c.Get("/ltm/monitor/http/~$P~bkc-m"), want)
			},
		},
		{
			Name:   "A send string keeps its escapes for a backslash and a quote",
			Must:   "Show `\\\\` and `\\x22` as they were written.",
			Source: "3.9", Confidence: Inferred, Test: func(c *Check) {
				text := `GET / HTTP/1.1\r\nHost: a\r\nX-A: \\ \x22\r\nConnection: close\r\n\r\n`
				c.Fields("POST", c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P","send":`+quote(text)+`}`), Object{"send": text})
				c.Fields("GET", c.Get("/ltm/monitor/http/~$P~bkc-m"), Object{"send": text})
			},
		},
		{
			Name:   "A monitor's generation is 0",
			Must:   "Show 0, also after a change.",
			Source: "2.4", Confidence: Recorded, Test: func(c *Check) {
				c.Equal("POST", c.Post("/ltm/monitor/tcp", `{"name":"bkc-m","partition":"$P"}`)["generation"], 0)
				c.Equal("PATCH", c.Patch("/ltm/monitor/tcp/~$P~bkc-m", `{"interval":6}`)["generation"], 0)
			},
		},
		{
			Name:   "A monitor's password is not shown as it was written",
			Must:   "Show `$M$…` instead.",
			Source: "3.9", Confidence: Recorded, Test: func(c *Check) {
				got, _ := c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P","username":"probe","password":"bkc-word"}`)["password"].(string)
				c.True(strings.HasPrefix(got, "$M$") && !strings.Contains(got, "bkc-word"), "the password is %q", got)
			},
		},
		{
			Name:   "A missing monitor is 404 of icrd",
			Must:   "Answer `Object not found - /P/name`, apiError 1, where other objects have 01020036.",
			Source: "3.9", Confidence: Recorded, Test: func(c *Check) {
				c.Refused(http.MethodGet, "/ltm/monitor/http/~$P~bkc-none", "", 404, icrd, "Object not found - /$P/bkc-none")
			},
		},
		{
			Name:   "A monitor that a pool needs cannot be deleted",
			Must:   "Refuse with 400, 01070083.",
			Source: "6.2", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/monitor/tcp", `{"name":"bkc-m","partition":"$P"}`)
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/$P/bkc-m"}`)
				c.Refused(http.MethodDelete, "/ltm/monitor/tcp/~$P~bkc-m", "", 400, mcpd, "01070083:3:")
			},
		},
		{
			Name:   "A monitor has only a parent that is there",
			Must:   "Refuse an unknown `defaultsFrom` with 400.",
			Source: "3.9", Confidence: UserReport, Test: func(c *Check) {
				a := c.Ask(http.MethodPost, "/ltm/monitor/http", `{"name":"bkc-m","partition":"$P","defaultsFrom":"/$P/bkc-none"}`)
				c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
			},
		},
	}
}
