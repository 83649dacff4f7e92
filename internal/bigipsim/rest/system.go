package rest

import (
	"net/http"
	"slices"
	"strconv"
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
		return s.getStats("cm/sync-status", s.syncStatus)
	case "cm/failover-status":
		return s.getStats("cm/failover-status", s.failoverStatus)
	case "sys/failover":
		return s.failover
	case "sys/config":
		return s.config
	case "util/bash", "util/unix-ls", "util/unix-rm":
		return s.util
	case "ltm/virtual/fw-enforced-policy":
		return unlicensed("afm")
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
func status(camel string, lines []string, pairs ...string) *document {
	key := host + "cm/" + camel + "/0/details"
	details := &document{}
	for i, line := range lines {
		details.add(key+"/"+strconv.Itoa(i), nested(descriptions("details", line)))
	}
	d := descriptions(pairs[:2]...)
	d.add(key, nested(details))
	for pair := range slices.Chunk(pairs[2:], 2) {
		d.add(pair[0], description(pair[1]))
	}
	return d
}

// shared is what restjavad answers itself.
func (s *Server) shared(r *request) (int, *document, error) {
	path := strings.Join(r.path, "/")
	if path == "shared/bigip-failover-state" && r.Method == http.MethodGet {
		return http.StatusOK, (&document{}).
			add("isEnabled", true).
			add("pollCyclePeriodMillis", 3600000).
			add("nextPollTime", s.now().Add(time.Hour).Format("2006-01-02T15:04:05.000-0700")).
			add("failoverState", s.cluster.failoverWord()).
			add("generation", 0).
			add("lastUpdateMicros", 0), nil
	}
	if name, ok := strings.CutPrefix(path, "shared/file-transfer/uploads/"); ok {
		return s.uploadChunk(r, name)
	}
	if path == "shared/authz/tokens" {
		return s.authzTokens(r, "")
	}
	if name, ok := strings.CutPrefix(path, "shared/authz/tokens/"); ok && !strings.Contains(name, "/") {
		return s.authzTokens(r, name)
	}
	return 0, nil, notRegistered("/" + path)
}
