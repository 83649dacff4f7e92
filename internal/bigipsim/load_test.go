package bigipsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestEightWritersAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/ltm/pool", `{"name":"shared","partition":"Common"}`)
	var writers sync.WaitGroup
	for writer := range 8 {
		writers.Go(func() {
			for i := range 10 {
				name := fmt.Sprintf("10.%d.0.%d:80", writer, i)
				member := `{"name":"` + name + `","partition":"Common"}`
				if a, err := d.try(http.MethodPost, "/mgmt/tm/ltm/pool/~Common~shared/members", member); err != nil || a.status != http.StatusOK {
					t.Errorf("%s: %v %s", name, err, a.text)
				}
				if a, err := d.try(http.MethodGet, "/mgmt/tm/ltm/pool/~Common~shared/members/~Common~"+name, ""); err != nil || a.status != http.StatusOK {
					t.Errorf("%s: %v %s", name, err, a.text)
				}
			}
		})
	}
	writers.Wait()
	if n := len(at(d.get("/ltm/pool/~Common~shared/members"), "items").([]any)); n != 80 {
		t.Errorf("%d members, want 80", n)
	}
}

// memberList is n members as a JSON list.
func memberList(n int) string {
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf(`{"name":"10.%d.%d.%d:8080","partition":"Common"}`, i>>16, i>>8&255, i&255)
	}
	return "[" + strings.Join(names, ",") + "]"
}

func TestAPoolOfTwoThousandMembersIsOnePostAndOneGet(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.ClearRequests()
	d.post("/ltm/pool", `{"name":"big","partition":"Common","members":`+memberList(2000)+`}`)
	got := d.get("/ltm/pool/~Common~big?expandSubcollections=true")
	if n := len(at(got, "membersReference", "items").([]any)); n != 2000 {
		t.Errorf("%d members", n)
	}
	if n := len(d.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}
