package bigipsim_test

import (
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
)

// spoil sets faults by the control API.
func (d *device) spoil(faults string) {
	d.t.Helper()
	if status, text := d.steer(http.MethodPut, "/faults", faults); status != http.StatusNoContent {
		d.t.Fatalf("PUT /faults %s: %d %s", faults, status, text)
	}
}

func TestAPresetAnswersAsADeviceInThatTrouble(t *testing.T) {
	t.Parallel()
	const json, html = "application/json;charset=utf-8", "text/html; charset=utf-8"
	for _, test := range []struct {
		preset, method, path, body string
		status                     int
		contentType, text          string
	}{
		{
			"starting", "GET", "/mgmt/tm/sys/available", "", 503, json,
			`{"code":503,"message":"Unable to process request /tm/sys/available. Service is unavailable.","referer":"127.0.0.1","restOperationId":6000001,"kind":":resterrorresponse"}`,
		},
		{"starting", "POST", "/mgmt/shared/authn/login", credentials, 503, json, "Unable to process request /shared/authn/login. Service is unavailable."},
		{"starting-html", "GET", "/mgmt/tm/ltm/pool", "", 503, html, "Configuration Utility restarting..."},
		{"starting-unregistered", "GET", "/mgmt/tm/ltm/pool", "", 404, json, "URI path /mgmt/tm/ltm/pool not registered.  Please verify URI is supported"},
		{"starting-unregistered", "POST", "/mgmt/shared/authn/login", credentials, 200, json, `"token"`},
		{
			"busy", "GET", "/mgmt/tm/ltm/pool", "", 503, json,
			`{"code":503,"message":"There is an active asynchronous task executing.","errorStack":[],"apiError":32964609}`,
		},
		{
			"mcpd-restart", "GET", "/mgmt/tm/ltm/pool", "", 500, json,
			`{"code":500,"message":"The connection to mcpd has been lost, try again.","errorStack":[],"apiError":32768001}`,
		},
		{"mcpd-restart", "POST", "/mgmt/shared/authn/login", credentials, 200, json, `"token"`},
		{"provisioning", "PATCH", "/mgmt/tm/sys/provision/asm", `{"level":"nominal"}`, 400, json, `"message":"01071003:3: A previous provisioning operation is in progress.`},
		{"provisioning", "GET", "/mgmt/tm/sys/provision/asm", "", 200, json, `"level"`},
		{"token-limit", "POST", "/mgmt/shared/authn/login", credentials, 400, json, `{"code":400,"message":"user admin has reached maximum active login tokens"`},
		{"token-limit", "GET", "/mgmt/tm/ltm/pool", "", 200, json, `"kind":"tm:ltm:pool:poolcollectionstate"`},
	} {
		t.Run(test.preset+" "+test.path, func(t *testing.T) {
			t.Parallel()
			d := plain(t, "17.1.1")
			d.spoil(`{"preset":"` + test.preset + `"}`)
			a := d.do(test.method, test.path, test.body)
			if a.status != test.status || a.header.Get("Content-Type") != test.contentType || !strings.Contains(a.text, test.text) {
				t.Errorf("got %d %s %s", a.status, a.header.Get("Content-Type"), a.text)
			}
		})
	}
}

func TestAFaultLastsAsLongAsItWasSetFor(t *testing.T) {
	t.Parallel()
	c := newClock()
	d := start(t, bigipsim.Options{PlainHTTP: true, Now: c.time})
	d.spoil(`{"preset":"starting","for":"3s"}`)
	d.refused("GET", "/ltm/pool", "", 503, "", "Service is unavailable.")
	c.advance(2999 * time.Millisecond)
	d.refused("GET", "/ltm/pool", "", 503, "", "Service is unavailable.")
	c.advance(time.Millisecond)
	d.get("/ltm/pool")
}

func TestATokenExpiresAtTheCallItIsToldTo(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	holder, _ := d.login(credentials)
	d.spoil(`{"preset":"token-expired","skip":2}`)
	var got []int
	for range 4 {
		got = append(got, holder.do(http.MethodGet, "/mgmt/tm/ltm/pool", "").status)
		d.get("/ltm/pool") // by password: is not counted, and does not suffer
	}
	if diff := cmp.Diff([]int{200, 200, 401, 401}, got); diff != "" {
		t.Error(diff)
	}
	if a := holder.do(http.MethodGet, "/mgmt/tm/ltm/pool", ""); !strings.Contains(a.text, "X-F5-Auth-Token has expired.") {
		t.Error(a.text)
	}
	again, _ := d.login(credentials)
	again.get("/ltm/pool")
}

func TestALostResponseHitsOneWriteOnly(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.spoil(`{"preset":"lost-response"}`)
	d.get("/ltm/pool")
	if _, err := d.try(http.MethodPost, "/mgmt/tm/ltm/pool", `{"name":"p","partition":"Common"}`); err == nil {
		t.Error("the response was not lost")
	}
	d.refused("POST", "/ltm/pool", `{"name":"p","partition":"Common"}`, 409, "3", "01020066:3:")
}

func TestAResetConnectionIsReset(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]bigipsim.Options{"plain": {PlainHTTP: true}, "TLS": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, options)
			d.spoil(`{"preset":"reset","method":"POST"}`)
			if _, err := d.try(http.MethodPost, "/mgmt/tm/ltm/pool", `{"name":"p","partition":"Common"}`); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %v", err)
			}
			d.refused("GET", "/ltm/pool/~Common~p", "", 404, "3", "01020036:3:")
			if last := d.Requests()[0]; last.Status != 0 || !last.Fault {
				t.Errorf("journal: %+v", last)
			}
		})
	}
}

func TestLatencyIsSetForAKindOfObject(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		object, path string
		hit          bool
	}{
		{"ltm/pool", "/ltm/pool", true},
		{"ltm/pool", "/ltm/pool?$top=1", true},
		{"ltm/pool", "/ltm/pool/~Common~p/members", true},
		{"ltm/pool", "/ltm/policy", false},
		{"ltm/pool/members", "/ltm/pool/~Common~p/members", true},
		{"ltm/pool/members", "/ltm/pool/~Common~p", false},
		{"ltm/monitor/http", "/ltm/monitor/http", true},
		{"ltm/monitor/http", "/ltm/monitor/https", false},
	} {
		t.Run(test.object+" "+test.path, func(t *testing.T) {
			t.Parallel()
			d := plain(t, "17.1.1")
			d.post("/ltm/pool", `{"name":"p","partition":"Common"}`)
			d.spoil(`{"object":"` + test.object + `","delay":"1ms"}`)
			_ = d.do(http.MethodGet, "/mgmt/tm"+test.path, "")
			requests := d.Requests()
			if got := requests[len(requests)-1].Fault; got != test.hit {
				t.Errorf("hit: %t", got)
			}
		})
	}
}

func TestASlowSaveIsSlow(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.spoil(`{"preset":"slow-save","delay":"30ms"}`)
	began := time.Now()
	d.post("/sys/config", `{"command":"save"}`)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("it took %s", took)
	}
	if requests := d.Requests(); !requests[len(requests)-1].Fault {
		t.Error("the journal does not know")
	}
}

func TestTheControlAPIListsThePresetsAndRefusesNonsense(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	_, text := d.steer(http.MethodGet, "/presets", "")
	for _, preset := range control.Presets() {
		if !strings.Contains(text, `"name":"`+preset.Name+`"`) || preset.About == "" {
			t.Errorf("%q is not told of in %s", preset.Name, text)
		}
		d.spoil(`{"preset":"` + preset.Name + `"}`)
	}
	for _, test := range []struct{ body, message string }{
		{`{"preset":"strating"}`, "there is no preset \"strating\"; there are: busy, "},
		{`{"preset":"busy","status":500}`, "a preset brings its own answer"},
		{`{"preset":"busy","for":"soon"}`, "for \"soon\" is not a duration"},
		{`{"drop":true,"reset":true}`, "exclude each other"},
	} {
		status, text := d.steer(http.MethodPut, "/faults", test.body)
		if status != http.StatusBadRequest || !strings.Contains(text, strings.ReplaceAll(test.message, `"`, `\"`)) {
			t.Errorf("PUT %s: %d %s", test.body, status, text)
		}
	}
}
