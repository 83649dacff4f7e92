package e2e

import (
	"net/http"
	"testing"
)

// memberNames reads the names of the shop's members from the device itself.
func (s *shop) memberNames(t *testing.T) []string {
	t.Helper()
	var answer struct {
		Items []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop/members", nil, &answer))
	names := make([]string, 0, len(answer.Items))
	for _, member := range answer.Items {
		names = append(names, member.Name)
	}
	return names
}
