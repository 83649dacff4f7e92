package bigipsim_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

func TestEightClientsThatWriteAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	const clients, rounds = 8, 10
	d := furnish(plain(t, "17.1.1"))
	d.must(http.MethodPatch, "/ltm/pool/~shop~web", `{"members":[]}`)
	var open sync.WaitGroup
	for client := range clients {
		open.Go(func() {
			for round := range rounds {
				name := func(i int) string { return fmt.Sprintf("10.%d.%d.%d:80", client, round, i) }
				body := func(i int) string { return fmt.Sprintf(`{"name":%q,"partition":"shop"}`, name(i)) }
				write := func(d *device, method, path, body string) bool {
					a, err := d.try(method, "/mgmt/tm"+path, body)
					if err != nil || a.status != http.StatusOK {
						t.Errorf("%s %s: %d %s %v", method, path, a.status, a.text, err)
						return false
					}
					return true
				}
				a, err := d.try(http.MethodPost, "/mgmt/tm/transaction", `{}`)
				if err != nil || a.status != http.StatusOK {
					t.Errorf("transaction: %d %v", a.status, err)
					return
				}
				id := fmt.Sprint(a.body["transId"])
				inside := d.with("X-F5-REST-Coordination-Id", id)
				ok := write(inside, http.MethodPost, "/ltm/pool/~shop~web/members", body(1)) &&
					write(inside, http.MethodPost, "/ltm/pool/~shop~web/members", body(2)) &&
					write(d, http.MethodPost, "/ltm/pool/~shop~web/members", body(3)) &&
					write(d, http.MethodPatch, "/transaction/"+id, commit) &&
					write(d, http.MethodPatch, "/ltm/pool/~shop~web/members/~shop~"+name(1), `{"ratio":3}`) &&
					write(d, http.MethodDelete, "/ltm/pool/~shop~web/members/~shop~"+name(3), "")
				if !ok {
					return
				}
			}
		})
	}
	open.Wait()
	items, _ := d.get("/ltm/pool/~shop~web/members")["items"].([]any)
	changed := 0
	for i := range items {
		if fmt.Sprint(at(items, i, "ratio")) == "3" {
			changed++
		}
	}
	if len(items) != 2*clients*rounds || changed != clients*rounds {
		t.Errorf("%d members, %d of them changed; want %d and %d", len(items), changed, 2*clients*rounds, clients*rounds)
	}
}
