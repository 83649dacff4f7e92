package control

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// presets are the troubles that a BIG-IP is known for, by the name that a Fault
// may have in "preset". GET /presets lists them. This table is the one place
// where they are described.
//
//	PUT /faults  {"preset":"starting","for":"3s"}
//	PUT /faults  [{"preset":"token-expired","skip":4},{"object":"ltm/pool","delay":"200ms"}]
//
// What a Fault says besides (method, path, object, delay, count, skip, for)
// takes the place of the preset's own; a "for" without a "count" lifts the
// preset's count. The words are those of icontrol-rest 1.4 and 6.2.
var presets = map[string]Preset{
	"starting": {
		About: "The device starts: restjavad answers everything with 503 in JSON.",
		// The text is recorded, the shape is that of its layer (inferred).
		Fault: Fault{
			Status: http.StatusServiceUnavailable,
			Body:   `{"code":503,"message":"Unable to process request {path}. Service is unavailable.","referer":"127.0.0.1","restOperationId":6000001,"kind":":resterrorresponse"}`,
		},
	},
	"starting-html": {
		About: "The device starts: httpd answers everything with 503 in HTML.",
		// The title is reported, the page around it inferred.
		Fault: Fault{
			Status: http.StatusServiceUnavailable, ContentType: "text/html; charset=utf-8",
			Body: "<!DOCTYPE html>\n<html><head><title>BIG-IP&reg; - Configuration Utility restarting...</title></head>" +
				"<body><p>Configuration Utility restarting...</p></body></html>\n",
		},
	},
	"starting-unregistered": {
		About: "The device starts: restjavad does not know the paths of the configuration yet: 404 for everything below /mgmt/tm.",
		Fault: Fault{
			Path: "^/mgmt/tm/", Status: http.StatusNotFound,
			Body: `{"code":404,"message":"URI path /mgmt{path} not registered.  Please verify URI is supported and wait for /available suffix to be responsive.","referer":"127.0.0.1","restOperationId":6000001,"kind":":resterrorresponse"}`,
		},
	},
	"busy": {
		About: "An asynchronous task (AS3, UCS) runs: 503 with apiError 32964609 for every request, GET too, while it lasts.",
		Fault: Fault{
			Status: http.StatusServiceUnavailable,
			Body:   `{"code":503,"message":"There is an active asynchronous task executing.","errorStack":[],"apiError":32964609}`,
		},
	},
	"mcpd-restart": {
		About: "mcpd is gone: 500 with apiError 32768001 for everything below /mgmt/tm. Logins go on.",
		// That restjavad goes on answering for itself is inferred from icontrol-rest 0.
		Fault: Fault{
			Path: "^/mgmt/tm/", Status: http.StatusInternalServerError,
			Body: `{"code":500,"message":"The connection to mcpd has been lost, try again.","errorStack":[],"apiError":32768001}`,
		},
	},
	"provisioning": {
		About: "Modules are being provisioned: a write of sys/provision is refused with 400, 01071003.",
		Fault: Fault{
			Method: "POST|PUT|PATCH|DELETE", Path: "^/mgmt/tm/sys/provision", Status: http.StatusBadRequest,
			Body: `{"code":400,"message":"01071003:3: A previous provisioning operation is in progress. Try again when the BIGIP is active.","errorStack":[],"apiError":3}`,
		},
	},
	"token-expired": {
		About: "The token of the next request (with skip n: of the one after n more) expires, and stays expired: 401.",
		Fault: Fault{ExpireToken: true, Count: 1},
	},
	"token-limit": {
		About: "The user has 100 tokens already: every login is refused with 400.",
		Fault: Fault{
			Method: http.MethodPost, Path: "^/mgmt/shared/authn/login", Status: http.StatusBadRequest,
			Body: `{"code":400,"message":"user {user} has reached maximum active login tokens","referer":"127.0.0.1","restOperationId":6000001,"kind":":resterrorresponse"}`,
		},
	},
	"lost-response": {
		About: "The next write is carried out, and its answer is lost: the connection closes without one.",
		Fault: Fault{Method: "POST|PUT|PATCH|DELETE", Path: "^/mgmt/tm/", CommitThenDrop: true, Count: 1},
	},
	"reset": {
		About: "Connections are reset (RST) as soon as a request has come; nothing is carried out.",
		Fault: Fault{Reset: true},
	},
	"slow-save": {
		About: "POST /mgmt/tm/sys/config takes 10 s, or as long as delay says.",
		Fault: Fault{Method: http.MethodPost, Path: `^/mgmt/tm/sys/config/?(\?|$)`, Delay: "10s"},
	},
}

// Preset is a fault with a name.
type Preset struct {
	Name  string `json:"name"`
	About string `json:"about"` // one sentence
	Fault Fault  `json:"fault"` // what the name stands for
}

// Presets are all faults with a name, sorted by it.
func Presets() []Preset {
	list := make([]Preset, 0, len(presets))
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		p := presets[name]
		p.Name = name
		list = append(list, p)
	}
	return list
}

// expand puts what a preset stands for under what the fault itself says.
func (f Fault) expand() (Fault, error) {
	if f.Preset == "" {
		return f, nil
	}
	p, known := presets[f.Preset]
	if !known {
		names := strings.Join(slices.Sorted(maps.Keys(presets)), ", ")
		return f, fmt.Errorf("there is no preset %q; there are: %s", f.Preset, names)
	}
	if f.Status != 0 || f.Body != "" || f.ContentType != "" || f.CommitThenDrop || f.Drop || f.Reset || f.ExpireToken {
		return f, fmt.Errorf("a preset brings its own answer: give it method, path, object, delay, count, skip and for only")
	}
	full := p.Fault
	full.Preset, full.Object, full.Skip, full.For = f.Preset, f.Object, f.Skip, f.For
	if f.For != "" {
		full.Count = 0
	}
	if f.Count != 0 {
		full.Count = f.Count
	}
	for _, text := range []struct {
		own   string
		field *string
	}{{f.Method, &full.Method}, {f.Path, &full.Path}, {f.Delay, &full.Delay}} {
		if text.own != "" {
			*text.field = text.own
		}
	}
	return full, nil
}
