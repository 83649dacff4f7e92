package icontrol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAreEncodedAsTheDeviceWantsThem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"/Common/web":                "~Common~web",
		"/shop/sub/web":              "~shop~sub~web",
		"/shop/10.0.0.1%2:80":        "~shop~10.0.0.1%252:80",
		"/shop/2001:db8::1.80":       "~shop~2001:db8::1.80",
		"/shop/a b?c#d":              "~shop~a%20b%3Fc%23d",
		"/Common/192.168.189.233/24": "~Common~192.168.189.233~24",
	} {
		if got := encodeName(name); got != want {
			t.Errorf("encodeName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestAnEncodedNameIsSentAsItIs(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(`{"name":"10.0.0.1%2:80","address":"10.0.0.1%2"}`))
	if _, err := device.client().Members("/shop/web").Get(t.Context(), "/shop/10.0.0.1%2:80", nil); err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /mgmt/tm/ltm/pool/~shop~web/members/~shop~10.0.0.1%252:80"}
	if diff := cmp.Diff(want, device.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestAListIsReadPageByPageFromTheDeviceItself(t *testing.T) {
	t.Parallel()
	var queries []string
	device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		queries = append(queries, q.Get("$filter")+" top "+q.Get("$top")+" skip "+q.Get("$skip")+" expand "+q.Get("expandSubcollections"))
		next := `,"nextLink":"https://localhost/mgmt/tm/elsewhere?%24filter=partition+eq+shop&expandSubcollections=true&%24top=2&%24skip=2&ver=17.1.1"`
		if q.Get("$skip") == "2" {
			next = ""
		}
		fmt.Fprintf(w, `{"items":[{"name":"a%[1]s"},{"name":"b%[1]s"}]%[2]s}`, q.Get("$skip"), next)
	})
	pools, err := device.client().Pools().List(t.Context(), ListOptions{Partition: "shop", Expand: true, PageSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range pools {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "a2", "b2"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"partition eq shop top 2 skip  expand true", "partition eq shop top 2 skip 2 expand true"}, queries); diff != "" {
		t.Error(diff)
	}
	path := "GET /mgmt/tm/ltm/pool"
	if diff := cmp.Diff([]string{path, path}, device.seen()); diff != "" {
		t.Error(diff)
	}
}

func TestOnePageIsReadAndMoreIsTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body  string
		items int
		more  bool
	}{
		{`{"items":[{"name":"a"},{"name":"b"}],"nextLink":"https://localhost/mgmt/tm/ltm/pool?%24top=2&%24skip=7"}`, 2, true},
		{`{"items":[{"name":"a"}]}`, 1, false},
		{`{"nextLink":"https://localhost/mgmt/tm/ltm/pool?%24top=2&%24skip=7"}`, 0, false}, // would never end
		{`{}`, 0, false},
	} {
		var query string
		device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.RawQuery
			ok(test.body)(w, r)
		})
		items, more, err := device.client().Pools().Page(t.Context(), ListOptions{Partition: "shop", Expand: true, PageSize: 2, Skip: 5})
		if err != nil || len(items) != test.items || more != test.more {
			t.Errorf("%s: %d items, more %t, error %v", test.body, len(items), more, err)
		}
		if want := "%24filter=partition+eq+shop&%24skip=5&%24top=2&expandSubcollections=true"; query != want {
			t.Errorf("asked for %s, want %s", query, want)
		}
	}
}

func TestChangesAreCountedAndReadsAreNot(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(`{"name":"a"}`))
	client := device.client()
	pools := client.Pools()
	for _, step := range []struct {
		name string
		do   func() error
		want uint64
	}{
		{"a read", func() error { _, err := pools.Get(t.Context(), "/shop/a", nil); return err }, 0},
		{"a list", func() error { _, err := pools.List(t.Context(), ListOptions{}); return err }, 0},
		{"a create", func() error { _, err := pools.Create(t.Context(), "/shop/a", PoolBody{}); return err }, 1},
		{"an update", func() error { _, err := pools.Patch(t.Context(), "/shop/a", PoolBody{}); return err }, 2},
		{"a delete", func() error { return pools.Delete(t.Context(), "/shop/a") }, 3},
	} {
		if err := step.do(); err != nil || client.Changes() != step.want {
			t.Errorf("after %s: %d changes, error %v, want %d", step.name, client.Changes(), err, step.want)
		}
	}
}

func TestAListEndsWhenTheDeviceRepeatsItself(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(`{"items":[{"name":"a"}],"nextLink":"https://localhost/mgmt/tm/ltm/pool?%24skip=1"}`))
	pools, err := device.client().Pools().List(t.Context(), ListOptions{})
	if err != nil || len(pools) != 2 {
		t.Errorf("%d pools, error %v", len(pools), err)
	}
}

func TestAnAbsentListIsAnEmptyOne(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"kind":"tm:ltm:pool:poolcollectionstate"}`, `{"items":[]}`} {
		pools, err := newFakeDevice(t, ok(body)).client().Pools().List(t.Context(), ListOptions{})
		if err != nil || len(pools) != 0 {
			t.Errorf("%s: %d pools, error %v", body, len(pools), err)
		}
	}
}

func TestWireValuesOfAllReleasesAreUnderstood(t *testing.T) {
	t.Parallel()
	const body = `{"name":"web","partition":"shop","subPath":"sub","fullPath":"/shop/sub/web","monitor":"/Common/http and /Common/tcp ",
		"minActiveMembers":"2","slowRampTime":10,"membersReference":{"link":"https://localhost/x","isSubcollection":true,"items":[
		{"name":"10.0.0.1:80","partition":"shop","fullPath":"/shop/10.0.0.1:80","address":"10.0.0.1","ephemeral":"true","ratio":1,"session":"monitor-enabled","state":"up"}]}}`
	got, err := newFakeDevice(t, ok(body)).client().Pools().Get(t.Context(), "/shop/sub/web", Expand)
	if err != nil {
		t.Fatal(err)
	}
	want := Pool{
		Object:  Object{Name: "web", Partition: "shop", SubPath: "sub", FullPath: "/shop/sub/web"},
		Monitor: "/Common/http and /Common/tcp", MinActiveMembers: 2, SlowRampTime: 10,
		MembersReference: Subcollection[Member]{Items: []Member{{
			Object:  Object{Name: "10.0.0.1:80", Partition: "shop", FullPath: "/shop/10.0.0.1:80"},
			Address: "10.0.0.1", Ephemeral: true, Ratio: 1, Session: "monitor-enabled", State: "up",
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABodySaysZeroAndLeavesOutWhatItDoesNotMean(t *testing.T) {
	t.Parallel()
	for want, body := range map[string]any{
		`{"description":"","minActiveMembers":0}`: PoolBody{Description: new(""), MinActiveMembers: new(0)},
		`{"priorityGroup":0,"session":"user-disabled"}`: MemberBody{
			PriorityGroup: new(0), Session: new("user-disabled"),
		},
		`{"disabled":true,"persist":[],"pool":"none"}`: VirtualServerBody{
			Disabled: true, Persist: &[]Persistence{}, Pool: new("none"),
		},
	} {
		got, err := json.Marshal(body)
		if err != nil || string(got) != want {
			t.Errorf("got %s, error %v; want %s", got, err, want)
		}
	}
}

func TestTheSkeletonOfAMemberIsNoMember(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, ok(`{"kind":"tm:ltm:pool:members:membersstate","name":"10.0.0.1:80","session":"user-enabled","state":"unchecked"}`))
	if _, err := device.client().Members("/shop/web").Get(t.Context(), "/shop/10.0.0.1:80", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("error %v, want ErrNotFound", err)
	}
}

func TestACreateWhoseAnswerIsLostIsLookedUpBeforeItIsRepeated(t *testing.T) {
	t.Parallel()
	const post, get = "POST /mgmt/tm/ltm/pool", "GET /mgmt/tm/ltm/pool/~shop~web"
	jetty := status(500, "<html><title>Error 500 AsyncContext timeout</title></html>")
	invalid := status(400, `{"code":400,"message":"01070734:3: Configuration error: no","apiError":3}`)
	tests := []struct {
		name   string
		device []http.HandlerFunc
		calls  []string
		err    error // nil: created
		lost   bool
	}{
		{name: "done at once", device: []http.HandlerFunc{ok(webPool)}, calls: []string{post}},
		{name: "there before", device: []http.HandlerFunc{status(409, existsBody)}, calls: []string{post}, err: ErrExists},
		{name: "never arrived", device: []http.HandlerFunc{refuse, ok(webPool)}, calls: []string{post, post}},
		{name: "busy", device: []http.HandlerFunc{status(503, busyTask), ok(webPool)}, calls: []string{post, post}},
		{name: "found", device: []http.HandlerFunc{drop, ok(webPool)}, calls: []string{post, get}},
		{name: "found after a timeout within the device", device: []http.HandlerFunc{jetty, ok(webPool)}, calls: []string{post, get}},
		{name: "not found", device: []http.HandlerFunc{drop, status(404, notFound), ok(webPool)}, calls: []string{post, get, post}},
		{
			name:   "not found, then there: the first one was late",
			device: []http.HandlerFunc{status(500, mcpdLost), status(404, notFound), status(409, existsBody), ok(webPool)},
			calls:  []string{post, get, post, get},
		},
		{
			name:   "not found, then refused",
			device: []http.HandlerFunc{drop, status(404, notFound), invalid}, calls: []string{post, get, post}, err: ErrInvalid,
		},
		{
			name:   "lost each time",
			device: []http.HandlerFunc{drop, status(404, notFound), drop, status(404, notFound), drop, status(404, notFound)},
			calls:  []string{post, get, post, get, post, get}, err: io.ErrUnexpectedEOF, lost: true,
		},
		{
			name:   "cannot be looked up",
			device: []http.HandlerFunc{drop, invalid}, calls: []string{post, get}, err: io.ErrUnexpectedEOF, lost: true,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				device := newFakeDevice(t, script(t, tc.device...))
				c := device.client()
				pool, err := c.Pools().Create(t.Context(), "/shop/web", PoolBody{Object: Object{Name: "web", Partition: "shop"}})
				if !errors.Is(err, tc.err) {
					t.Errorf("error %v, want %v", err, tc.err)
				}
				if _, lost := errors.AsType[*LostAnswerError](err); lost != tc.lost {
					t.Errorf("error %v: lost answer %t, want %t", err, lost, tc.lost)
				}
				if tc.err == nil && pool.Name != "web" {
					t.Errorf("pool %+v, want what the device has", pool)
				}
				if diff := cmp.Diff(tc.calls, device.seen()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
