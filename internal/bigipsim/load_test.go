package bigipsim_test

import (
	"fmt"
	"runtime"
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

// What the process holds: the heap, and the stacks of all goroutines.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// Every virtual server has its listener and every member its node, probed and
// probing.
func TestTwoThousandMembersAndAThousandVirtualServersFitIntoMemory(t *testing.T) {
	// Not parallel: it measures the whole process.
	const limit = 200 << 20
	before := held()
	d := plain(t, "17.1.1")
	d.pod("all", "10.0.0.0:8080") // answers its first probe
	d.post("/ltm/monitor/tcp", `{"name":"slow","partition":"Common","interval":300,"timeout":901}`)
	d.post("/ltm/pool", `{"name":"big","partition":"Common","monitor":"/Common/slow","members":`+memberList(2000)+`}`)
	for i := range 1000 {
		d.post("/ltm/virtual", fmt.Sprintf(
			`{"name":"v%d","partition":"Common","destination":"/Common/10.9.%d.%d:80","pool":"/Common/big","ipProtocol":"tcp","profiles":["tcp","http"]}`, i, i>>8, i&255))
	}
	d.get("/ltm/virtual?expandSubcollections=true")
	d.get("/ltm/pool/~Common~big/members/stats")
	until(t, "a member is up", func() bool { return d.get("/ltm/pool/~Common~big/members/~Common~10.0.0.0:8080")["state"] == "up" })
	for _, i := range []int{0, 500, 999} {
		if d.Listener(fmt.Sprintf("/Common/v%d", i)) == "" {
			t.Errorf("virtual server %d has no listener", i)
		}
	}
	got := held() - before
	t.Logf("%d MiB", got>>20)
	if got > limit {
		t.Errorf("%d MiB are held, want less than %d", got>>20, limit>>20)
	}
}
