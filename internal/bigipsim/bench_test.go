package bigipsim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// furnished is a device with a pool of 2,000 members and 1,000 virtual servers.
func furnished(b *testing.B) *Simulator {
	b.Helper()
	s, err := New(Options{PlainHTTP: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close(b.Context()) })
	members := make([]string, 2000)
	for i := range members {
		members[i] = fmt.Sprintf("%q", fmt.Sprintf("10.0.%d.%d:8080", i>>8, i&255))
	}
	request(b, s, http.MethodPost, "/ltm/pool", `{"name":"big","partition":"Common","members":[`+strings.Join(members, ",")+`]}`)
	for i := range 1000 {
		// udp: the data plane opens no listener for it.
		request(b, s, http.MethodPost, "/ltm/virtual", fmt.Sprintf(
			`{"name":"v%d","partition":"Common","destination":"/Common/10.9.%d.%d:80","pool":"/Common/big","profiles":["udp"]}`, i, i>>8, i&255))
	}
	return s
}

func request(b *testing.B, s *Simulator, method, path, body string) {
	b.Helper()
	r := httptest.NewRequest(method, "/mgmt/tm"+path, strings.NewReader(body))
	r.SetBasicAuth("admin", "admin")
	w := httptest.NewRecorder()
	s.gate.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

func BenchmarkManagement(b *testing.B) {
	s := furnished(b)
	for _, test := range []struct{ name, method, path, body string }{
		{"GET one pool", http.MethodGet, "/ltm/pool/~Common~big", ""},
		{"GET a pool with 2000 members", http.MethodGet, "/ltm/pool/~Common~big?expandSubcollections=true", ""},
		{"GET statistics of 2000 members", http.MethodGet, "/ltm/pool/~Common~big/members/stats", ""},
		{"GET 1000 virtual servers", http.MethodGet, "/ltm/virtual?expandSubcollections=true", ""},
		{"GET statistics of 2000 nodes", http.MethodGet, "/ltm/node/stats", ""},
		{"PATCH one of 2000 members", http.MethodPatch, "/ltm/pool/~Common~big/members/~Common~10.0.0.7:8080", `{"ratio":5}`},
		{"PATCH one of 1000 virtual servers", http.MethodPatch, "/ltm/virtual/~Common~v7", `{"description":"x"}`},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				request(b, s, test.method, test.path, test.body)
			}
		})
	}
	b.Run("POST and DELETE of a member", func(b *testing.B) {
		for b.Loop() {
			request(b, s, http.MethodPost, "/ltm/pool/~Common~big/members", `{"name":"10.200.0.1:80","partition":"Common"}`)
			request(b, s, http.MethodDelete, "/ltm/pool/~Common~big/members/~Common~10.200.0.1:80", "")
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		s, err := New(Options{PlainHTTP: true})
		if err != nil {
			b.Fatal(err)
		}
		_ = s.Close(b.Context())
	}
}
