package bigipsim_test

import (
	"fmt"
	"strings"
	"testing"
)

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
