package bigipsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
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

func request(b *testing.B, s *Simulator, method, path, body string) []byte {
	b.Helper()
	return command(b, s, "", method, path, body)
}

// command is a request, or with the id of a transaction a command of it.
func command(b *testing.B, s *Simulator, transaction, method, path, body string) []byte {
	b.Helper()
	r := httptest.NewRequest(method, "/mgmt/tm"+path, strings.NewReader(body))
	r.SetBasicAuth("admin", "admin")
	if transaction != "" {
		r.Header.Set("X-F5-REST-Coordination-Id", transaction)
	}
	w := httptest.NewRecorder()
	s.gate.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes()
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
			perSecond(b, 1)
		})
	}
	b.Run("POST and DELETE of a member", func(b *testing.B) {
		for b.Loop() {
			request(b, s, http.MethodPost, "/ltm/pool/~Common~big/members", `{"name":"10.200.0.1:80","partition":"Common"}`)
			request(b, s, http.MethodDelete, "/ltm/pool/~Common~big/members/~Common~10.200.0.1:80", "")
		}
		perSecond(b, 2)
	})
	b.Run("a transaction of ten PATCHes", func(b *testing.B) {
		for b.Loop() {
			var transaction struct {
				TransID int64 `json:"transId"`
			}
			if err := json.Unmarshal(request(b, s, http.MethodPost, "/transaction", `{}`), &transaction); err != nil {
				b.Fatal(err)
			}
			id := strconv.FormatInt(transaction.TransID, 10)
			for i := range 10 {
				command(b, s, id, http.MethodPatch, fmt.Sprintf("/ltm/pool/~Common~big/members/~Common~10.0.0.%d:8080", i), `{"ratio":7}`)
			}
			request(b, s, http.MethodPatch, "/transaction/"+id, `{"state":"VALIDATING"}`)
		}
		perSecond(b, 12)
	})
}

// perSecond reports the requests per second of a loop that sends so many each time.
func perSecond(b *testing.B, requests int) {
	b.Helper()
	b.ReportMetric(float64(b.N*requests)/b.Elapsed().Seconds(), "requests/s")
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
