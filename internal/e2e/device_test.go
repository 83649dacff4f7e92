package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// deviceMember is what these tests look at of a member on the device.
type deviceMember struct {
	Name    string `json:"name"`
	Session string `json:"session"`
	State   string `json:"state"`
	Ratio   int    `json:"ratio"`
}

// serving tells that the device gives the member new connections.
func (m deviceMember) serving() bool {
	return !strings.HasPrefix(m.Session, "user-disabled") && (m.State == "up" || m.State == "unchecked")
}

// members reads the shop's members from the device, as it tells them itself.
func (s *shop) members(t *testing.T) []deviceMember {
	t.Helper()
	var answer struct {
		Items []deviceMember `json:"items"`
	}
	must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop/members", nil, &answer))
	return answer.Items
}

func (s *shop) memberNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range s.members(t) {
		names = append(names, m.Name)
	}
	return names
}
