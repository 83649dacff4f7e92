package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

type handler func(*request) (int, *document, error)

// system finds the handler of a URL that is about the box itself; nil if it is
// not such a URL.
func (s *Server) system(path string) handler {
	switch path {
	case "sys/version":
		return s.getStats("sys/version", func(*request) *document {
			return descriptions("Build", "0.0.1", "Date", "Mon Jan  1 00:00:00 UTC 2024", "Edition", "Final",
				"Product", "BIG-IP", "Title", "Main Package", "Version", s.version.String())
		})
	case "sys/ready":
		return s.getStats("sys/ready", func(*request) *document {
			return descriptions("configReady", "yes", "licenseReady", "yes", "provisionReady", "yes")
		})
	case "sys/mcp-state":
		return s.getStats("sys/mcp-state", func(*request) *document {
			return descriptions("endPlatformIdReceived", "true", "lastLoad", "full-config-load-succeed", "phase", "running")
		})
	case "cm/sync-status":
		return s.getStats("cm/sync-status", func(*request) *document {
			return status("syncStatus", "Optional action: Add a device to the trust domain",
				"color", "green", "mode", "standalone", "status", "Standalone", "summary", " ")
		})
	case "cm/failover-status":
		return s.getStats("cm/failover-status", func(*request) *document {
			return status("failoverStatus", "active for /Common/traffic-group-1",
				"color", "green", "status", "ACTIVE", "summary", "1/1 active")
		})
	case "sys/failover":
		return s.failover
	case "sys/config":
		return s.config
	case "sys/global-settings":
		return s.globalSettings
	case "cm":
		return s.configSync
	}
	return nil
}

// getStats answers GET with the envelope of a statistics singleton.
func (s *Server) getStats(path string, entries func(*request) *document) handler {
	return func(r *request) (int, *document, error) {
		if r.Method != http.MethodGet {
			return 0, nil, unsupported(path)
		}
		entry := (&document{}).add(host+path+"/0", nested(entries(r)))
		kind := "tm:" + strings.ReplaceAll(path, "/", ":") + ":" + config.Name(path) + "stats"
		return http.StatusOK, (&document{}).add("kind", kind).add("selfLink", host+path+s.ver()).add("entries", entry), nil
	}
}

func unsupported(path string) error {
	return icrdError(http.StatusMethodNotAllowed, "Operation is not supported on component /%s.", path)
}

func nested(entries *document) *document {
	return (&document{}).add("nestedStats", (&document{}).add("entries", entries))
}

func description(text string) *document { return (&document{}).add("description", text) }

func descriptions(pairs ...string) *document {
	d := &document{}
	for pair := range slices.Chunk(pairs, 2) {
		d.add(pair[0], description(pair[1]))
	}
	return d
}

// status is the body of sync-status and failover-status; the details sit below
// a key in another spelling (icontrol-rest 3.16).
func status(camel, detail string, pairs ...string) *document {
	key := host + "cm/" + camel + "/0/details"
	details := (&document{}).add(key+"/0", nested(descriptions("details", detail)))
	d := descriptions(pairs[:2]...)
	d.add(key, nested(details))
	for pair := range slices.Chunk(pairs[2:], 2) {
		d.add(pair[0], description(pair[1]))
	}
	return d
}

func (s *Server) failover(r *request) (int, *document, error) {
	if r.Method != http.MethodGet {
		return 0, nil, unsupported("sys/failover")
	}
	up := s.now().Sub(s.started).Truncate(time.Second)
	clock := time.Time{}.Add(up % (24 * time.Hour)).Format(time.TimeOnly)
	text := fmt.Sprintf("Failover active for %dd %s\n", int(up/(24*time.Hour)), clock)
	return http.StatusOK, (&document{}).
		add("kind", "tm:sys:failover:failoverstats").
		add("selfLink", host+"sys/failover"+s.ver()).
		add("apiRawValues", (&document{}).add("apiAnonymous", text)), nil
}

// config is POST /mgmt/tm/sys/config {"command":"save"}. The configuration of
// the simulator lives in memory; there is nothing to write.
func (s *Server) config(r *request) (int, *document, error) {
	if r.Method != http.MethodPost {
		return 0, nil, unsupported("sys/config")
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	if body["command"] != "save" {
		return 0, nil, config.Usage("invalid property value \"command\":\"%v\"", body["command"])
	}
	d := (&document{}).add("kind", "tm:sys:config:savestate").add("command", "save")
	if options := body["options"]; options != nil {
		d.add("options", options)
	}
	return http.StatusOK, d, nil
}

func (s *Server) globalSettings(r *request) (int, *document, error) {
	if r.Method != http.MethodGet {
		return 0, nil, unsupported("sys/global-settings")
	}
	return http.StatusOK, (&document{}).
		add("kind", "tm:sys:global-settings:global-settingsstate").
		add("selfLink", host+"sys/global-settings"+s.ver()).
		add("guiSetup", "disabled").
		add("hostname", "bigip.example.com"), nil
}

// configSync is POST /mgmt/tm/cm {"command":"run","utilCmdArgs":"config-sync to-group X"}.
func (s *Server) configSync(r *request) (int, *document, error) {
	if r.Method == http.MethodGet {
		return s.organizing(r, "cm")
	}
	if r.Method != http.MethodPost {
		return 0, nil, unsupported("cm")
	}
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	arguments, _ := body["utilCmdArgs"].(string)
	words := strings.Fields(arguments)
	if body["command"] != "run" || len(words) < 3 || words[0] != "config-sync" {
		return 0, nil, config.Usage("invalid property value \"util-cmd-args\":%q", arguments)
	}
	group := words[len(words)-1]
	if r.state.Objects(r.state.Schema.Type("cm/device-group")).Find(config.Join("/Common", group)) == nil {
		return 0, nil, &config.Error{
			Status: http.StatusBadRequest, API: config.APIErrorMCP,
			Message: "01070734:3: Configuration error: Device group (" + group + ") not found in device group sync",
		}
	}
	return http.StatusOK, (&document{}).add("kind", "tm:cm:runstate").add("command", "run").add("utilCmdArgs", arguments), nil
}

// shared is what restjavad answers itself.
func (s *Server) shared(r *request) (int, *document, error) {
	path := strings.Join(r.path, "/")
	if path == "shared/bigip-failover-state" && r.Method == http.MethodGet {
		return http.StatusOK, (&document{}).
			add("isEnabled", true).
			add("pollCyclePeriodMillis", 3600000).
			add("nextPollTime", s.now().Add(time.Hour).Format("2006-01-02T15:04:05.000-0700")).
			add("failoverState", "active").
			add("generation", 0).
			add("lastUpdateMicros", 0), nil
	}
	if path == "shared/authz/tokens" {
		return s.authzTokens(r, "")
	}
	if name, ok := strings.CutPrefix(path, "shared/authz/tokens/"); ok && !strings.Contains(name, "/") {
		return s.authzTokens(r, name)
	}
	return 0, nil, notRegistered("/" + path)
}
