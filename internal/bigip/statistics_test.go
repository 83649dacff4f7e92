package bigip_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// shown are pools and members with what is told of them, in a line each.
func shown(pools []ltm.PoolStatistics) string {
	var lines []string
	for _, p := range pools {
		line := p.Path.String()
		for _, m := range p.Members {
			line += fmt.Sprintf(" %s:%t/%t", m.Key, m.Enabled, m.Available)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

const poolsOfShop = "/shop/web 10.0.0.1:80:true/true 10.0.0.2:80:false/false\n/shop/eu/c 10.0.0.3:80:true/true"

func furnish(l *lab) []ltm.Path {
	l.post("sys/folder", `{"name":"eu","partition":"shop"}`)
	l.post("ltm/pool", `{"name":"web","partition":"shop","members":[{"name":"10.0.0.1:80"},{"name":"10.0.0.2:80","session":"user-disabled","state":"user-down"}]}`)
	l.post("ltm/pool", `{"name":"c","partition":"shop","subPath":"eu","members":[{"name":"10.0.0.3:80"}]}`)
	l.post("ltm/pool", `{"name":"other","partition":"Common"}`)
	return []ltm.Path{ltm.NewPath("shop", "web"), {Partition: "shop", Folder: "eu", Name: "c"}, ltm.NewPath("shop", "gone")}
}

func TestOneRequestReadsTheCountersOfAllPoolsAndMembersOfAPartition(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	known := furnish(l)
	l.sim.ClearRequests()
	pools, err := l.PoolStatistics(t.Context(), "shop", known[:2])
	if err != nil || shown(pools) != poolsOfShop {
		t.Errorf("%v\n%s", err, shown(pools))
	}
	l.wantCalls("GET ltm/pool/members/stats")
	if _, err := l.PoolStatistics(t.Context(), "nowhere", nil); err == nil {
		t.Error("a partition that does not exist has statistics")
	}
}

func TestADeviceThatDoesNotShowAllMembersAtOnceIsAskedPoolByPool(t *testing.T) {
	t.Parallel()
	sim, err := bigipsim.New(bigipsim.Options{TMOSVersion: "11.6.0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := sim.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	l := &lab{t: t, sim: sim}
	l.Device, l.client = l.login("admin", "admin")
	if _, err := l.client.Partitions().Create(t.Context(), "shop", icontrol.PartitionBody{Name: "shop"}); err != nil {
		t.Fatal(err)
	}
	pools, err := l.PoolStatistics(t.Context(), "shop", furnish(l))
	if err != nil || shown(pools) != poolsOfShop {
		t.Errorf("%v\n%s", err, shown(pools))
	}
}

func TestVirtualServersOfAllPartitionsAreReadByOneRequest(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, body := range []string{
		`{"name":"web","partition":"shop","destination":"/shop/192.0.2.1:80","profiles":["udp"]}`,
		`{"name":"off","partition":"shop","destination":"/shop/192.0.2.1:81","profiles":["udp"],"disabled":true}`,
		`{"name":"other","partition":"Common","destination":"/Common/192.0.2.9:80","profiles":["udp"]}`,
	} {
		l.post("ltm/virtual", body)
	}
	l.sim.ClearRequests()
	all, err := l.VirtualServerStatistics(t.Context())
	got := ""
	for _, vs := range all {
		got += fmt.Sprintf("%s %t; ", vs.Path, vs.Up)
	}
	if want := "/Common/other true; /shop/off false; /shop/web true; "; got != want || err != nil {
		t.Errorf("%q, want %q: %v", got, want, err)
	}
	l.wantCalls("GET ltm/virtual/stats")
	if unit := l.Unit(); !strings.Contains(l.sim.ManagementURL(), unit) {
		t.Errorf("the unit is %s", unit)
	}
}
