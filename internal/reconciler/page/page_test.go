package page

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// parsed renders a Status, and parses it.
func parsed(t *testing.T, s *Status, query string) *html.Node {
	t.Helper()
	var out bytes.Buffer
	if err := render(&out, s, 7, query); err != nil {
		t.Fatal(err)
	}
	document, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// all are the elements of a name.
func all(n *html.Node, name string) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (name == "*" || d.Data == name) {
			found = append(found, d)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what an element says, with single blanks.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// table are the rows of the first table of a class, a line each.
func table(n *html.Node, class string) []string {
	var rows []string
	for _, found := range all(n, "table") {
		if attribute(found, "class") != class {
			continue
		}
		for _, tr := range all(found, "tr")[1:] {
			var cells []string
			for _, cell := range all(tr, "*") {
				if cell.Data == "td" || cell.Data == "th" {
					cells = append(cells, text(cell))
				}
			}
			rows = append(rows, strings.Join(cells, " | "))
		}
		return rows
	}
	return nil
}

func TestThePageSaysWhatTheStatusSays(t *testing.T) {
	t.Parallel()
	page := parsed(t, shop(3), "")
	if diff := cmp.Diff([]string{
		"blue | shop/shop-blue:http | 90 % | 89.7 % |  | 3 | 3", "green | shop/shop-green:http | 10 % | 10.3 % |  | 0 | 0",
	}, table(page, "backends")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"up | shop-blue-7d9f8c6b5-00000 | 10.244.0.1:8080 | node-00 | eu-1a | blue | 9 | 3 | 1 200 | ready: takes new clients",
		"draining | shop-blue-7d9f8c6b5-00001 | 10.244.0.2:8080 | node-01 | eu-1b | blue | 9 | 3 | 1 201 | terminating and still serving: takes no new clients",
		"held | shop-blue-7d9f8c6b5-00002 | 10.244.0.3:8080 | node-02 | eu-1c | blue | 9 | 3 | 1 202 | not ready: takes nothing; held in service for 30s, as more than 50 % would go at once",
	}, table(page, "members")); diff != "" {
		t.Error(diff)
	}
	said := text(page)
	for _, want := range []string{
		"shop.example.com → goes to /shop/shop", "connections now 9 requests 250.2/s , 1 234 567 in all", "Not bound to Kubernetes: /shop/old",
		"10.244.0.3:8080 (shop-blue-7d9f8c6b5-00002): more than 50 % would go at once; since 11:59:55, until 12:00:25",
		"10.244.0.2:8080 (shop-blue-7d9f8c6b5-00001) waits for 3 connections to end, until 12:00:40 at the latest; since 11:59:40",
		"2026-02-28 10:00:00 /shop/shop member 10.244.0.1:8080 added pod shop-blue-7d9f8c6b5-00000 is ready",
		"Partition web is followed by another replica",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	said = text(parsed(t, troubled(), ""))
	for _, want := range []string{
		"does not serve the helper: read pool /shop/shop: no answer; nothing is written until it answers. Last answer: never; counters unknown",
		"Kubernetes, the default cluster is not heard since 11:59:00: watch services: connection refused", "Kubernetes, cluster east has not been heard yet",
		"connections now unknown requests unknown new connections unknown", "Problem: the endpoints of shop/web are not known yet",
		"web shop/web 100 % unknown unknown unknown", "2001:db8::1 of web: it is of the other address family", "The helper has changed nothing since it started.",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

func TestThePageHasLandmarksHeadingsAndTableHeadersAndNoIDTwice(t *testing.T) {
	t.Parallel()
	for _, s := range []*Status{shop(3), shop(100), troubled()} {
		page := parsed(t, s, "")
		ids := map[string]bool{}
		last := 1
		for _, e := range all(page, "*") {
			if id := attribute(e, "id"); id != "" && ids[id] {
				t.Errorf("the id %s is there twice", id)
			} else if id != "" {
				ids[id] = true
			}
			if level := len(e.Data); level == 2 && e.Data[0] == 'h' && e.Data[1] >= '1' && e.Data[1] <= '6' {
				if now := int(e.Data[1] - '0'); now > last+1 {
					t.Errorf("a heading %s after one of level %d: %s", e.Data, last, text(e))
				} else {
					last = now
				}
			}
			if e.Data == "th" && attribute(e, "scope") == "" {
				t.Errorf("a header of nothing: %s", text(e))
			}
			if attribute(e, "style") != "" || e.Data == "style" || e.Data == "script" && e.FirstChild != nil {
				t.Errorf("what the policy forbids: %s", e.Data)
			}
			for _, name := range []string{"src", "href", "action"} {
				if strings.Contains(attribute(e, name), "//") {
					t.Errorf("it asks elsewhere: %s", attribute(e, name))
				}
			}
		}
		for _, landmark := range []string{"header", "main", "footer"} {
			if n := len(all(page, landmark)); n != 1 {
				t.Errorf("%d %s", n, landmark)
			}
		}
	}
}

func TestAThousandMembersAreFoldedButForThoseToLookAtAndASearchShowsItsOwn(t *testing.T) {
	t.Parallel()
	page := parsed(t, shop(1000), "")
	if rows := table(page, "members"); len(rows) != 2 || !strings.HasPrefix(rows[0], "draining") || !strings.HasPrefix(rows[1], "held") {
		t.Errorf("to look at: %v", rows)
	}
	folded := all(page, "details")
	if len(folded) != 1 || text(all(folded[0], "summary")[0]) != "All 1 000 members" || len(all(folded[0], "tr")) != 1001 {
		t.Errorf("%d are folded", len(folded))
	}
	found := table(parsed(t, shop(1000), "GREEN node-07"), "members")
	if len(found) != 5 || !strings.Contains(found[0], "shop-green-59c9d7f4d-00907") {
		t.Errorf("found: %v", found)
	}
}

func TestNamesFromElsewhereAreTextOnThePage(t *testing.T) {
	t.Parallel()
	s := shop(3)
	const hostile = `"><script>alert(1)</script>`
	s.Pools[0].Members[0].Pod, s.VirtualServers[0].Hosts[0].Name, s.Changes[0].Cause = hostile, hostile, hostile
	page := parsed(t, s, hostile)
	if scripts := all(page, "script"); len(scripts) != 1 || attribute(scripts[0], "src") != "page.js" {
		t.Errorf("%d scripts", len(scripts))
	}
	if !strings.Contains(text(page), hostile) {
		t.Error("the name is not there")
	}
}

func TestTheTreeSaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := Print(&out, shop(3)); err != nil {
		t.Fatal(err)
	}
	want := `device bigip.example.com: answers
the default cluster is heard
partition web is followed by another replica

/shop/shop  203.0.113.10:443  up  9 open, 250.2/s requests
├─ shop.example.com → /shop/shop
├─ www.example.com → /shop/old, /shop/shop
├─ /shop/old  not bound to Kubernetes
└─ /shop/shop  1 held  1 draining  1 up  9 open, 250.2/s requests
   ├─ blue (shop/shop-blue:http)  asked 90 %, measured 89.7 %
   │  ├─ 10.244.0.1:8080  up        shop-blue-7d9f8c6b5-00000 on node-00 in eu-1a  3 open  ready: takes new clients
   │  ├─ 10.244.0.2:8080  draining  shop-blue-7d9f8c6b5-00001 on node-01 in eu-1b  3 open  terminating and still serving: takes no new clients
   │  │  └─ waits for 3 connections to end, until 12:00:40 at the latest
   │  └─ 10.244.0.3:8080  held      shop-blue-7d9f8c6b5-00002 on node-02 in eu-1c  3 open  not ready: takes nothing; held in service for 30s, as more than 50 % would go at once
   │     └─ held: more than 50 % would go at once, until 12:00:25
   └─ green (shop/shop-green:http)  asked 10 %, measured 10.3 %

last changes
11:59:55  /shop/shop  1 member held in service: 10.244.0.3:8080 too-many-at-once (what asks for it may be a mistake)
11:59:40  /shop/shop  member 10.244.0.2:8080: session enabled -> disabled (pod shop-blue-7d9f8c6b5-00001 is terminating and still serving)
2026-02-28 10:00:00  /shop/shop  member 10.244.0.1:8080 added (pod shop-blue-7d9f8c6b5-00000 is ready)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	out.Reset()
	if err := Print(&out, troubled()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"device bigip.example.com: read pool /shop/shop: no answer\nunknown: the virtual servers: no answer\n", "cluster east has not been heard yet\n",
		"\n/shop/shop  1 enabled  unknown open, unknown requests\n├─ problem: the endpoints of shop/web are not known yet\n", "└─ left out: 2001:db8::1 of web, as it is of the other address family\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &out)
		}
	}
}

func TestThePageIsReadOnlyAndItsPolicyForbidsAllButItself(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, &board{status: shop(3)}, Loopback{})
	for path, kind := range map[string]string{"/": "text/html; charset=utf-8", "/status.json": "application/json", "/page.css": "text/css; charset=utf-8", "/page.js": "text/javascript; charset=utf-8", "/icon.svg": "image/svg+xml"} {
		response, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != 200 || response.Header.Get("Content-Type") != kind || len(content) < 100 {
			t.Errorf("%s: %d %s %v", path, response.StatusCode, response.Header.Get("Content-Type"), err)
		}
		if got := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; ") || strings.Contains(got, "unsafe") || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
	for path, want := range map[string]int{"/": 405, "/status.json": 405, "/other": 404} {
		response, err := http.Post(server.URL+path, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("POST %s: %d, want %d", path, response.StatusCode, want)
		}
	}
}
