package bigipsim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func record(name, data string) any { return map[string]any{"name": name, "data": data} }

func TestRecordsOfADataGroupComeBackSortedAndNormalised(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	for _, test := range []struct {
		kind, records string
		want          any
	}{
		{"string", `[{"name":"b","data":"2"},{"name":"a"},"c"]`, []any{record("a", ""), record("b", "2"), record("c", "")}},
		{
			"ip", `[{"name":"10.0.0.1"},{"name":"64.12.100.7/19","data":"aol"},{"name":"10.0.0.9%2"},{"name":"2001:DB8::1"}]`,
			[]any{record("10.0.0.1/32", ""), record("10.0.0.9%2/32", ""), record("2001:db8::1/128", ""), record("64.12.96.0/19", "aol")},
		},
		{"integer", `[{"name":"443"}]`, []any{record("443", "")}},
		{"string", `[]`, nil},
	} {
		path := "/ltm/data-group/internal/~shop~dg"
		got := d.post("/ltm/data-group/internal", `{"name":"dg","partition":"shop","type":"`+test.kind+`","records":`+test.records+`}`)
		if diff := cmp.Diff(test.want, got["records"]); diff != "" || got["type"] != test.kind {
			t.Errorf("%s %s:\n%s", test.kind, test.records, diff)
		}
		d.must("DELETE", path, "")
	}
}

func TestSingleRecordsAreWrittenWithTmshWords(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	path := "/ltm/data-group/internal/~shop~dg"
	d.post("/ltm/data-group/internal", `{"name":"dg","partition":"shop","type":"string","records":[{"name":"a","data":"1"}]}`)
	for _, step := range []struct {
		words string
		want  any
	}{
		{`records add { b { data 2 } c { } }`, []any{record("a", "1"), record("b", "2"), record("c", "")}},
		{`records modify { a { data "pool,0.300;pool 2,1.000" } }`, []any{record("a", "pool,0.300;pool 2,1.000"), record("b", "2"), record("c", "")}},
		{`records delete { b c }`, []any{record("a", "pool,0.300;pool 2,1.000")}},
		{`records replace-all-with { z { data \"q\" } }`, []any{record("z", `"q"`)}},
		{`records none`, nil},
	} {
		got := d.patch(path+"?options="+url.QueryEscape(step.words), `{}`)
		if diff := cmp.Diff(step.want, got["records"]); diff != "" {
			t.Errorf("%s:\n%s", step.words, diff)
		}
	}
	d.patch(path, `{"records":[{"name":"a"}]}`)
	for _, test := range []struct {
		words   string
		status  int
		api     string
		message string
	}{
		{`records add { a { data 2 } }`, 409, "3", "01020066:3: The requested class string item (/shop/dg a) already exists"},
		{`records delete { nope }`, 404, "3", "01020036:3: The requested class string item (/shop/dg nope) was not found."},
		{`records modify { nope { data 1 } }`, 404, "3", "01020036:3:"},
		{`records explode { a }`, 400, "26214401", "unknown property"},
		{`records add { a { data 2 }`, 400, "26214401", "unbalanced"},
		{`nonsense`, 400, "26214401", "unknown property"},
	} {
		d.refused("PATCH", path+"?options="+url.QueryEscape(test.words), `{}`, test.status, test.api, test.message)
	}
}

func TestDataGroupsAreRefusedInTheWordsOfTheDevice(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post("/ltm/data-group/internal", `{"name":"dg","partition":"shop","type":"ip"}`)
	path := "/ltm/data-group/internal/~shop~dg"
	long := strings.Repeat("x", 65529)
	for _, test := range []struct {
		method, path, body string
		status             int
		api, message       string
	}{
		{"POST", "/ltm/data-group/internal", `{"name":"dg","partition":"shop","type":"ip"}`, 409, "3", "01020066:3: The requested value list (/shop/dg) already exists in partition shop."},
		{"GET", "/ltm/data-group/internal/~shop~nope", "", 404, "3", "01020036:3: The requested value list (/shop/nope) was not found."},
		{"PATCH", path, `{"type":"string"}`, 400, "26214401", `"type" may not be specified`},
		{"PATCH", path, `{"records":[{"name":"not an address"}]}`, 400, "26214401", "invalid property value"},
		{"PATCH", path, `{"records":[{"name":"10.0.0.1"},{"name":"10.0.0.1/32"}]}`, 409, "3", "01020066:3: The requested class ip item (/shop/dg 10.0.0.1/32) already exists"},
		{"PATCH", path, `{"records":[{"name":"10.0.0.1","data":"` + long + `"}]}`, 400, "3", "01070712:3: Max string size exceeded during update of attribute:data type:class_value_item max:65520 received:65529"},
		{"POST", "/ltm/data-group/internal", `{"name":"x","partition":"shop","type":"number"}`, 400, "26214401", `invalid property value "type":"number"`},
		{"POST", "/ltm/data-group/internal", `{"name":"x","partition":"shop"}`, 400, "3", "must have a type"},
	} {
		d.refused(test.method, test.path, test.body, test.status, test.api, test.message)
	}
	d.patch(path, `{"type":"ip","records":[{"name":"10.0.0.1","data":"`+long[:65520]+`"}]}`)
	if got := d.must("PUT", path, `{"description":"whole"}`); got["records"] != nil || got["type"] != "ip" {
		t.Errorf("PUT without records: %v", got)
	}
}

func TestPoolsNamedInARuleHaveToExistAndAreInUse(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	rule := func(name, text string) string {
		return `{"name":"` + name + `","partition":"shop","apiAnonymous":"` + strings.ReplaceAll(text, "\n", `\n`) + `"}`
	}
	d.refused("POST", "/ltm/rule", rule("r", "when CLIENT_ACCEPTED {\n  # pool /shop/comment\n  pool /shop/typo\n}"), 400, "3",
		"01070151:3: Rule [/shop/r] error: Unable to find pool (/shop/typo) referenced at line 3: [pool /shop/typo]")
	d.post("/ltm/rule", rule("built", "when CLIENT_ACCEPTED { pool $name; set x [pool [class match]] }"))
	got := d.post("/ltm/rule", rule("r", "  when CLIENT_ACCEPTED {\n\n  if { 1 } { pool idle }\n}\n"))
	if got["apiAnonymous"] != "  when CLIENT_ACCEPTED {\n\n  if { 1 } { pool idle }\n}\n" {
		t.Errorf("blanks are not kept: %q", got["apiAnonymous"])
	}
	d.refused("DELETE", "/ltm/pool/~shop~idle", "", 400, "3", "01070265:3: The Pool (/shop/idle) cannot be deleted because it is in use by a Rule (/shop/r).")
	d.must("DELETE", "/ltm/rule/~shop~r", "")
	d.must("DELETE", "/ltm/pool/~shop~idle", "")
}

func TestARuleThatHandlesHTTPNeedsTheProfile(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post("/ltm/rule", `{"name":"r","partition":"shop","apiAnonymous":"when HTTP_REQUEST { }"}`)
	d.patch("/ltm/virtual/~shop~web", `{"rules":["/shop/r"]}`)
	d.refused("PATCH", "/ltm/virtual/~shop~web", `{"profiles":["/Common/tcp"]}`, 400, "3",
		"01071912:3: HTTP_REQUEST event in rule (/shop/r) requires an associated HTTP or FASTHTTP profile on the virtual-server (/shop/web).")
}
