package bigipsim_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
)

// steer talks to the control API.
func (d *device) steer(method, path, body string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	response, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestTheControlAPITellsWhereVirtualServersListen(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	_, text := d.steer(http.MethodGet, "/virtual-servers", "")
	var got []control.VirtualServer
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := []control.VirtualServer{{Name: "/shop/web", Destination: "/shop/203.0.113.10:80", Listener: d.Listener("/shop/web")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheJournalTellsEveryRequest(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.ClearRequests()
	d.get("/ltm/pool?$top=1")
	inside, path := d.begin()
	inside.post("/ltm/pool", `{"name":"p","partition":"Common"}`)
	_, text := d.steer(http.MethodGet, "/requests", "")
	var got []control.Request
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("journal: %s", text)
	}
	if got[0].Path != "/mgmt/tm/ltm/pool?$top=1" || got[0].Status != 200 || got[0].BytesOut == 0 || got[0].Time.IsZero() {
		t.Errorf("first: %+v", got[0])
	}
	if got[2].Method != "POST" || got[2].BytesIn != 33 || "/transaction/"+got[2].Transaction != path {
		t.Errorf("third: %+v", got[2])
	}
	d.steer(http.MethodDelete, "/requests", "")
	if left := d.Requests(); len(left) != 0 {
		t.Errorf("after DELETE: %v", left)
	}
}

func TestFaultsHitTheRequestsTheyAreMeantFor(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	status, text := d.steer(http.MethodPut, "/faults", `[
		{"method":"GET","path":"^/mgmt/tm/ltm/pool","status":503,"body":"{\"code\":503,\"message\":\"There is an active asynchronous task executing.\",\"errorStack\":[],\"apiError\":32964609}","count":2,"skip":1},
		{"path":"/sys/version","delay":"1ms"}]`)
	if status != http.StatusNoContent {
		t.Fatalf("%d %s", status, text)
	}
	var got []int
	for range 5 {
		got = append(got, d.do(http.MethodGet, "/mgmt/tm/ltm/pool", "").status)
	}
	if diff := cmp.Diff([]int{200, 503, 503, 200, 200}, got); diff != "" {
		t.Error(diff)
	}
	d.get("/sys/version")
	requests := d.Requests()
	if last := requests[len(requests)-1]; !last.Fault || last.Status != 200 {
		t.Errorf("journal of a delayed request: %+v", last)
	}
	d.steer(http.MethodPut, "/faults", `{"status":401,"body":"<html>","content_type":"text/html"}`)
	if a := d.do(http.MethodGet, "/mgmt/tm/sys/version", ""); a.status != 401 || a.header.Get("Content-Type") != "text/html" {
		t.Errorf("%d %v", a.status, a.header)
	}
	d.steer(http.MethodDelete, "/faults", "")
	d.get("/sys/version")
}

func TestALostResponseIsALostResponseOnly(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	if err := d.SetFaults([]control.Fault{
		{Method: "POST", Path: "/ltm/pool$", CommitThenDrop: true, Count: 1},
		{Method: "POST", Path: "/ltm/node$", Drop: true, Count: 1},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.try(http.MethodPost, "/mgmt/tm/ltm/pool", `{"name":"p","partition":"Common"}`); err == nil {
		t.Error("the response was not lost")
	}
	d.get("/ltm/pool/~Common~p")
	if _, err := d.try(http.MethodPost, "/mgmt/tm/ltm/node", `{"name":"10.0.0.1","partition":"Common"}`); err == nil {
		t.Error("the connection was not closed")
	}
	d.refused("GET", "/ltm/node/~Common~10.0.0.1", "", 404, "3", "01020036:3:")
	for _, request := range d.Requests() {
		if request.Fault && request.Status != 0 {
			t.Errorf("journal of a dropped request: %+v", request)
		}
	}
}

func TestTheControlAPISaysInASentenceWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for _, test := range []struct{ path, body, message string }{
		{"/members", `{`, "the body is not an object of member address to reachable address"},
		{"/members", `["x"]`, "the body is not an object of member address to reachable address"},
		{"/faults", `nonsense`, "the body is not JSON"},
		{"/faults", `[{"statuss":500}]`, "unknown field"},
		{"/faults", `[{"status":500},{"status":99}]`, "fault 2: status 99 is not between 200 and 599"},
		{"/faults", `[{"path":"(","status":500}]`, "is not a regular expression"},
		{"/faults", `[{"delay":"soon"}]`, "is not a duration"},
		{"/faults", `[{"method":"GET"}]`, "a fault needs status, delay, drop or commit_then_drop"},
	} {
		status, text := d.steer(http.MethodPut, test.path, test.body)
		if status != http.StatusBadRequest || !strings.Contains(text, test.message) {
			t.Errorf("PUT %s %s: %d %s", test.path, test.body, status, text)
		}
	}
}

func TestWritesTakeTheirTimeOneAfterTheOtherAndReadsDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		version, err := config.ParseVersion("17.1.1")
		if err != nil {
			t.Fatal(err)
		}
		db, err := config.NewDB(config.Options{Version: version, WriteDelay: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		pools := db.State().Schema.Type("ltm/pool")
		began := time.Now()
		finished := make(chan time.Duration, 2)
		for _, name := range []string{"a", "b"} {
			go func() {
				_, err := db.Update(config.Change{Actor: config.Actor{Metadata: true}, Do: func(c *config.Candidate) error {
					_, err := c.Do(config.Command{Verb: config.Create, Type: pools, Body: map[string]any{"name": name, "partition": "Common"}})
					return err
				}})
				if err != nil {
					t.Error(err)
				}
				finished <- time.Since(began)
			}()
		}
		time.Sleep(time.Second) // of the bubble's fake time
		if n, waited := db.State().Objects(pools).Len(), time.Since(began); n != 0 || waited != time.Second {
			t.Errorf("a read in between sees %d pools after %s", n, waited)
		}
		if first, second := <-finished, <-finished; first != 2*time.Second || second != 4*time.Second {
			t.Errorf("writes ended after %s and %s", first, second)
		}
	})
}

func TestTheSimulatorRefusesToListenWhereOthersReachIt(t *testing.T) {
	t.Parallel()
	for _, options := range []bigipsim.Options{{Listen: "0.0.0.0:0"}, {Control: "192.0.2.1:1"}, {Listen: "nonsense"}, {TMOSVersion: "seventeen"}} {
		if _, err := bigipsim.New(options); err == nil {
			t.Errorf("%+v was accepted", options)
		}
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	s, err := bigipsim.New(bigipsim.Options{PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if response, err := http.Get(s.ManagementURL() + "/mgmt/tm/sys/version"); err == nil { //nolint:noctx // must fail at once
		_ = response.Body.Close()
		t.Error("still answers")
	}
}
