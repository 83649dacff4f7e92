package reconciler

import (
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestWhyIsOneSentenceOfWhatIsSoAndWhatComesOfIt(t *testing.T) {
	t.Parallel()
	service := &engine.Backend{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}, Share: 1}
	standby := &engine.Backend{Name: "web", Ref: service.Ref}
	selector := &engine.Backend{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Selector: "app=web"}, Share: 1}
	addresses := &engine.Backend{Name: "web", Ref: endpoints.Ref{Addresses: "192.0.2.1:80"}, Share: 1}
	nodes := &engine.Backend{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web", NodePort: true}, Share: 1}
	is := func(state endpoints.State, conditions ...endpoints.Condition) *endpoints.Explained {
		return &endpoints.Explained{Endpoint: endpoints.Endpoint{State: state}, Origin: endpoints.Origin{Conditions: conditions}}
	}
	member := func(session ltm.Session) *ltm.Member {
		return &ltm.Member{Session: session, Ratio: 1, Description: "[bigipkube/1 shop/web web-1]"}
	}
	offline, disabled, enabled := member(ltm.ForcedOffline), member(ltm.Disabled), member(ltm.Enabled)
	many := &follow.Held{Reason: follow.Many, Until: time.Unix(1, 0)}
	for want, s := range map[string]subject{
		"ready: takes new clients": {live: enabled, asked: enabled, backend: service, endpoint: is(endpoints.Ready), health: ltm.HealthUp},
		"ready, but the device's monitors call it down: gets no new clients":                  {live: enabled, asked: enabled, backend: service, endpoint: is(endpoints.Ready), health: ltm.HealthDown},
		"ready, but the device's monitors have not judged it yet: gets no clients until then": {live: enabled, asked: enabled, backend: service, endpoint: is(endpoints.Ready), health: ltm.HealthChecking},
		"ready; the next sync adds it":                                                                                             {asked: enabled, backend: service, endpoint: is(endpoints.Ready), writes: true},
		"ready; the next sync changes it":                                                                                          {live: offline, asked: enabled, backend: service, endpoint: is(endpoints.Ready), writes: true},
		"ready; the next sync makes it ours":                                                                                       {live: &ltm.Member{Session: ltm.Disabled}, asked: enabled, backend: service, endpoint: is(endpoints.Ready), writes: true},
		"ready: takes new clients; it waits until nothing is held":                                                                 {live: enabled, asked: &ltm.Member{Session: ltm.Enabled, Ratio: 9}, backend: service, endpoint: is(endpoints.Ready), health: ltm.HealthUp},
		"ready, but its backend web has no share: a standby":                                                                       {live: disabled, asked: disabled, backend: standby, name: "web", endpoint: is(endpoints.Ready)},
		"its backend web has no share and is off the device":                                                                       {backend: standby, name: "web", endpoint: is(endpoints.Ready)},
		"its backend web has no share and is to be off the device: an apply drains it":                                             {live: disabled, backend: standby, name: "web", endpoint: is(endpoints.Ready)},
		"terminating and still serving: takes no new clients":                                                                      {live: disabled, asked: disabled, backend: service, endpoint: is(endpoints.Draining)},
		"all behind its node port is terminating and still serving: takes no new clients":                                          {live: disabled, asked: disabled, backend: nodes, endpoint: is(endpoints.Draining)},
		"terminating and not serving any more: takes nothing":                                                                      {live: offline, asked: offline, backend: service, endpoint: is(endpoints.NotReady, endpoints.Condition{Name: "terminating", Status: "true"})},
		"not ready: takes nothing":                                                                                                 {live: offline, asked: offline, backend: service, endpoint: is(endpoints.NotReady, endpoints.Condition{Name: "terminating", Status: "false"})},
		"not ready yet: its monitors judge it already, clients come later":                                                         {live: disabled, asked: disabled, backend: service, endpoint: is(endpoints.NotReady)},
		"nothing behind its node port is ready: takes nothing":                                                                     {live: offline, asked: offline, backend: nodes, endpoint: is(endpoints.NotReady)},
		"not ready: takes nothing; held in service for 30s, as more than 50 % would go at once":                                    {live: enabled, asked: offline, backend: service, endpoint: is(endpoints.NotReady), held: many},
		"gone: its endpoint is in no slice; removed when no connection is left, after 5m0s at the latest":                          {live: offline, backend: service},
		"gone: its endpoint is in no slice; removed when no connection is left, after 10s at the latest":                           {live: offline, backend: service, drain: 10 * time.Second},
		"gone: its endpoint is in no slice; the next sync removes it":                                                              {live: disabled, backend: service, removes: true},
		"gone: no pod with its backend's labels has its address; the next sync removes it":                                         {live: disabled, backend: selector, removes: true},
		"gone: it is none of its backend's addresses; the next sync removes it":                                                    {live: disabled, backend: addresses, removes: true},
		"gone: no node has its address, or the node port is another one; the next sync removes it":                                 {live: disabled, backend: nodes, removes: true},
		"its endpoint is left out, as its node is unschedulable; the next sync removes it":                                         {live: disabled, backend: nodes, removes: true, leftOut: "its node is unschedulable"},
		"gone: its endpoint is in no slice; held in service as long as less members than the pool's minimum would be left enabled": {live: enabled, backend: service, held: &follow.Held{Reason: follow.Minimum}},
		"not ours: it carries no mark":                                                                                             {live: &ltm.Member{Description: "by hand"}},
		"not ours: its mark cannot be read, as a later release may have written it":                                                {live: &ltm.Member{Description: "[bigipkube/9 what]"}},
		"the pool is not bound to its backend green: an apply prepares or drains it":                                               {live: enabled, name: "green"},
	} {
		s.policy = engine.FollowOptions{MaxDisablePercent: 50, Hold: 30 * time.Second}
		if got := s.why(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
