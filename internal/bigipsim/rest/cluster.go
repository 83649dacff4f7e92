package rest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// Cluster is what a device of a pair asks about itself and the other one.
type Cluster interface {
	// Active says whether traffic goes through this device, and since when.
	Active() (active bool, since time.Time)
	// Standby hands the traffic over; on a device that is standby it does nothing.
	Standby()
	// SyncStatus is what GET cm/sync-status says.
	SyncStatus() SyncStatus
	// ConfigSync starts a config sync and returns before it is done
	// (icontrol-rest 3.16): to the group, or from it.
	ConfigSync(toGroup bool)
}

// SyncStatus is the content of cm/sync-status (icontrol-rest 3.16).
type SyncStatus struct {
	Color, Status, Summary string
	Details                []string
}

// cluster is a Cluster, or none.
type cluster struct{ Cluster }

func (c cluster) alone() bool { return c.Cluster == nil }

// failoverWord is the state in lower case: active, standby.
func (c cluster) failoverWord() string {
	if !c.alone() {
		if active, _ := c.Active(); !active {
			return "standby"
		}
	}
	return "active"
}

func (s *Server) syncStatus(*request) *document {
	if s.cluster.alone() {
		return status("syncStatus", []string{"Optional action: Add a device to the trust domain"},
			"color", "green", "mode", "standalone", "status", "Standalone", "summary", " ")
	}
	now := s.cluster.SyncStatus()
	return status("syncStatus", now.Details,
		"color", now.Color, "mode", "high-availability", "status", now.Status, "summary", now.Summary)
}

// failoverStatus: the words of the active device are recorded, those of the
// standby are inferred from its status words.
func (s *Server) failoverStatus(*request) *document {
	if s.cluster.failoverWord() == "standby" {
		return status("failoverStatus", []string{" "}, "color", "gray", "status", "STANDBY", "summary", "1/1 standby")
	}
	return status("failoverStatus", []string{"active for /Common/traffic-group-1"}, "color", "green", "status", "ACTIVE", "summary", "1/1 active")
}

// failover is GET /mgmt/tm/sys/failover, and POST to hand the traffic over:
// {"command":"run","standby":true,"trafficGroup":"traffic-group-1"}. There is one
// traffic group that floats. A device that stands alone stays active (inferred).
func (s *Server) failover(r *request) (int, *document, error) {
	switch r.Method {
	case http.MethodGet:
		return http.StatusOK, s.failoverDocument(), nil
	case http.MethodPost:
		return s.runFailover(r)
	}
	return 0, nil, unsupported("sys/failover")
}

func (s *Server) failoverDocument() *document {
	since := s.started
	if !s.cluster.alone() {
		_, since = s.cluster.Active()
	}
	up := max(s.now().Sub(since), 0).Truncate(time.Second)
	clock := time.Time{}.Add(up % (24 * time.Hour)).Format(time.TimeOnly)
	text := fmt.Sprintf("Failover %s for %dd %s\n", s.cluster.failoverWord(), int(up/(24*time.Hour)), clock)
	return (&document{}).
		add("kind", "tm:sys:failover:failoverstats").
		add("selfLink", host+"sys/failover"+s.ver()).
		add("apiRawValues", (&document{}).add("apiAnonymous", text))
}

func (s *Server) runFailover(r *request) (int, *document, error) {
	body, err := decode(r)
	if err != nil {
		return 0, nil, err
	}
	if body["command"] != "run" {
		return 0, nil, config.Usage("invalid property value \"command\":\"%v\"", body["command"])
	}
	if standby := body["standby"]; standby != true && standby != "true" && standby != "" {
		return 0, nil, config.Usage("one or more properties must be specified")
	}
	if group, given := body["trafficGroup"].(string); given {
		path := config.Join("/Common", group)
		kind := r.state.Schema.Type("cm/traffic-group")
		if r.state.Objects(kind).Find(path) == nil {
			return 0, nil, config.NotFound(kind, "", path)
		}
	}
	if !s.cluster.alone() {
		s.cluster.Standby()
	}
	d := (&document{}).add("kind", "tm:sys:failover:runstate")
	for _, name := range sortedKeys(body) {
		d.add(name, body[name])
	}
	return http.StatusOK, d, nil
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
	direction, group := words[len(words)-2], words[len(words)-1]
	if r.state.Objects(r.state.Schema.Type("cm/device-group")).Find(config.Join("/Common", group)) == nil {
		return 0, nil, &config.Error{
			Status: http.StatusBadRequest, API: config.APIErrorMCP,
			Message: "01070734:3: Configuration error: Device group (" + group + ") not found in device group sync",
		}
	}
	if direction != "to-group" && direction != "from-group" {
		return 0, nil, config.Usage("invalid property value \"util-cmd-args\":%q", arguments)
	}
	if !s.cluster.alone() {
		s.cluster.ConfigSync(direction == "to-group")
	}
	return http.StatusOK, (&document{}).add("kind", "tm:cm:runstate").add("command", "run").add("utilCmdArgs", arguments), nil
}
