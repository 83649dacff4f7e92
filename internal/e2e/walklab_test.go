package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// walkedPool is the pool of the cutover that is walked.
var walkedPool = ltm.NewPath("shop", "shop")

// pods are the loopback servers behind the members' addresses. They are always
// well: a request that fails is the cutover's fault.
type pods map[string]string // "10.244.0.1:8080" -> "127.0.0.1:40001"

func startPods(t *testing.T, colours map[string]string) pods {
	t.Helper()
	p := pods{}
	for address, colour := range colours {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Colour", colour) }))
		t.Cleanup(server.Close)
		p[address] = server.Listener.Addr().String()
	}
	return p
}

// The addresses of the walk. Two blue pods have been replaced since the last
// apply; the node of the second is needed by a pool of somebody else's.
var (
	blueBefore = []string{"10.244.0.1:8080", "10.244.0.2:8080", "10.244.0.3:8080"}
	blueNow    = []string{"10.244.0.3:8080", "10.244.0.4:8080", "10.244.0.5:8080"}
	green      = []string{"10.244.1.1:8080", "10.244.1.2:8080"}
)

const (
	handMade  = "10.244.9.9:8080" // on the walked pool, without a mark
	otherPool = "/shop/other"
	otherPort = "10.244.0.2:9090" // its member, on the address of a blue pod that goes
)

func walkedColours() map[string]string {
	colours := map[string]string{}
	for colour, addresses := range map[string][]string{"blue": append(blueBefore[:2:2], blueNow...), "green": green, "by hand": {handMade}} {
		for _, address := range addresses {
			colours[address] = colour
		}
	}
	return colours
}

// split is the goal of one pair of shares.
func split(blue, green int, bluePods, greenPods []string, others []ltm.Member) (engine.PoolGoal, error) {
	spec := cutover.Spec{Require: cutover.Requirement{Percent: 100}, Timeout: 30 * time.Second}
	backends, observed := []engine.Backend{}, engine.BackendEndpoints{}
	for _, b := range []struct {
		name  string
		share int
		pods  []string
	}{{"blue", blue, bluePods}, {"green", green, greenPods}} {
		backends = append(backends, engine.Backend{Name: b.name, Share: b.share, Ref: endpoints.Ref{Namespace: "shop", Service: "shop-" + b.name, Port: "http"}})
		var result endpoints.Result
		for _, address := range b.pods {
			key, err := ltm.ParseMemberKey(address)
			if err != nil {
				return engine.PoolGoal{}, err
			}
			result.Endpoints = append(result.Endpoints, endpoints.Endpoint{Key: key, State: endpoints.Ready, Pod: "pod-" + strings.ReplaceAll(key.Address.String(), ".", "-")})
		}
		observed[b.name] = result
	}
	members := engine.Members(backends, observed, others)
	goal := engine.PoolGoal{Pool: ltm.NewPool(walkedPool), Spec: spec, Backend: members.Backend}
	goal.Pool.LoadBalancingMode = "ratio-member"
	goal.Pool.Description = engine.Mark("Checkout", backends, spec)
	goal.Pool.Members = members.Members
	return goal, nil
}

// walk is one simulated device with the pool before the cutover, and what the
// cutover is to make of it. Its methods return errors, so that many walk at once.
type walk struct {
	sim    *bigipsim.Simulator
	before ltm.Pool
	goal   engine.PoolGoal
	load   *Load
}

func newWalk(ctx context.Context, p pods) (w *walk, err error) {
	w = &walk{}
	if w.sim, err = bigipsim.New(bigipsim.Options{PlainHTTP: true}); err != nil {
		return nil, err
	}
	if err := w.sim.Start(); err != nil {
		return nil, err
	}
	w.sim.SetMembers(p)
	if err := w.furnish(ctx); err != nil {
		w.close()
		return nil, err
	}
	w.load = NewLoad(w.sim.Listener("/shop/shop"))
	w.sim.ClearRequests()
	return w, nil
}

func (w *walk) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = w.sim.Close(ctx) // every test of the simulator asks for its error
}

// furnish makes what is there before the cutover.
func (w *walk) furnish(ctx context.Context) error {
	for _, object := range []struct{ path, body string }{
		{"/mgmt/tm/auth/partition", `{"name":"shop"}`},
		{"/mgmt/tm/ltm/pool", `{"name":"other","partition":"shop","description":"somebody else's","members":[{"name":"` + otherPort + `","ratio":7}]}`},
	} {
		if _, err := w.rest(ctx, http.MethodPost, object.path, object.body); err != nil {
			return err
		}
	}
	goal, err := split(100, 0, blueBefore, green, nil)
	if err != nil {
		return err
	}
	device, err := w.device(10 * time.Second)
	if err != nil {
		return err
	}
	if err := device.CreatePool(ctx, goal.Pool); err != nil {
		return err
	}
	for _, object := range []struct{ path, body string }{
		{"/mgmt/tm/ltm/pool/~shop~shop/members", `{"name":"` + handMade + `","description":"made by hand","session":"user-disabled","connectionLimit":5}`},
		{"/mgmt/tm/ltm/virtual", `{"name":"shop","partition":"shop","destination":"/shop/203.0.113.10:80","pool":"/shop/shop","ipProtocol":"tcp",` +
			`"profiles":["/Common/tcp","/Common/http"],"sourceAddressTranslation":{"type":"automap"}}`},
	} {
		if _, err := w.rest(ctx, http.MethodPost, object.path, object.body); err != nil {
			return err
		}
	}
	if w.before, err = device.Pool(ctx, walkedPool); err != nil {
		return err
	}
	var others []ltm.Member
	for _, m := range w.before.Members {
		if !engine.Owned(m) {
			others = append(others, m)
		}
	}
	w.goal, err = split(0, 100, blueNow, green, others)
	planned := w.before
	w.goal.Planned = &planned
	return err
}

// device is a new client, as a new process has it.
func (w *walk) device(retry time.Duration) (*bigip.Device, error) {
	client, err := icontrol.New(icontrol.Config{Address: w.sim.ManagementURL(), Username: "admin", Password: "admin", RetryTimeout: retry})
	if err != nil {
		return nil, err
	}
	return bigip.New(client, "lab", nil), nil
}

// rest asks the device itself, past every fault if there is none in force.
func (w *walk) rest(ctx context.Context, method, path, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, w.sim.ManagementURL()+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth("admin", "admin")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return text, err
}

// foreign is what is not the cutover's, as the device writes it.
func (w *walk) foreign(ctx context.Context) ([]byte, error) {
	var all bytes.Buffer
	for _, path := range []string{
		"/mgmt/tm/ltm/pool/~shop~other?expandSubcollections=true",
		"/mgmt/tm/ltm/pool/~shop~shop/members/~shop~" + handMade,
		"/mgmt/tm/ltm/node/~shop~10.244.0.2",
		"/mgmt/tm/ltm/node/~shop~10.244.9.9",
		"/mgmt/tm/ltm/virtual/~shop~shop?expandSubcollections=true",
	} {
		text, err := w.rest(ctx, http.MethodGet, path, "")
		if err != nil {
			return nil, err
		}
		all.Write(text)
		all.WriteByte('\n')
	}
	return all.Bytes(), nil
}

// nodes are the names of the partition's nodes, sorted.
func (w *walk) nodes(ctx context.Context) ([]string, error) {
	text, err := w.rest(ctx, http.MethodGet, "/mgmt/tm/ltm/node?$filter=partition+eq+shop", "")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Items []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	var names []string
	for _, node := range answer.Items {
		names = append(names, node.Name)
	}
	slices.Sort(names)
	return names, nil
}

// calls are the requests for objects, in order.
func (w *walk) calls() []control.Request {
	var calls []control.Request
	for _, r := range w.sim.Requests() {
		if strings.HasPrefix(r.Path, "/mgmt/tm/") {
			calls = append(calls, r)
		}
	}
	return calls
}

// left is what a plan would show now. It is an error if that has anything that the
// plan before the cutover did not have.
func (w *walk) left(live ltm.Pool) (changeset.ChangeSet, error) {
	asked := map[string]bool{}
	for _, c := range changeset.Compute(w.goal.Pool, w.before).Changes() {
		asked[c.Of] = true
	}
	left := changeset.Compute(w.goal.Pool, live)
	for _, c := range left.Changes() {
		if !asked[c.Of] {
			return left, fmt.Errorf("the next plan shows what the first did not: %s", c.Text)
		}
	}
	return left, nil
}
