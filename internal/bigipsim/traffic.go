package bigipsim

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// translator turns configurations into what the data plane has to know. It keeps
// the last result: a commit changes a few objects, and what did not change is not
// translated again.
type translator struct {
	slowRamp bool // see Options.SlowRamp

	state *config.State
	pools map[*config.Object]dataplane.Pool
	tls   tlsProfiles
}

func (t *translator) translate(state *config.State) dataplane.Config {
	reusable := t.pools
	if t.state == nil || !state.SameSurroundings(t.state) {
		reusable = nil
	}
	pools := state.Objects(state.Schema.Type("ltm/pool")).Items()
	virtuals := state.Objects(state.Schema.Type("ltm/virtual")).Items()
	if !sameTLS(state, t.state) {
		t.tls = newTLSProfiles()
	}
	one := translation{slowRamp: t.slowRamp, state: state, tls: t.tls, monitors: map[string]dataplane.Monitor{}, policies: map[string]*dataplane.Policy{}}
	t.state, t.pools = state, make(map[*config.Object]dataplane.Pool, len(pools))
	c := dataplane.Config{
		Pools:          make([]dataplane.Pool, 0, len(pools)),
		VirtualServers: make([]dataplane.VirtualServer, 0, len(virtuals)),
	}
	for _, o := range pools {
		pool, known := reusable[o]
		if !known {
			pool = one.pool(o)
		}
		t.pools[o] = pool
		c.Pools = append(c.Pools, pool)
	}
	for _, o := range virtuals {
		c.VirtualServers = append(c.VirtualServers, one.virtualServer(o))
	}
	return c
}

// translation is the work on one state.
type translation struct {
	slowRamp bool
	state    *config.State
	tls      tlsProfiles
	monitors map[string]dataplane.Monitor // by path, each translated once
	policies map[string]*dataplane.Policy // by path, likewise; nil = not there
}

func integer(v any) int {
	n, _ := v.(int64)
	return int(n)
}

func (t translation) pool(o *config.Object) dataplane.Pool {
	members := o.Sub("members").Items()
	p := dataplane.Pool{
		Name: o.Path, Mode: o.Text("loadBalancingMode"), MinActiveMembers: integer(o.Get("minActiveMembers")),
		ServiceDown: o.Text("serviceDownAction"), ReselectTries: integer(o.Get("reselectTries")), Members: make([]dataplane.Member, 0, len(members)),
	}
	if t.slowRamp {
		p.SlowRamp = time.Duration(integer(o.Get("slowRampTime"))) * time.Second
	}
	shared := t.rule(config.ParseMonitorRule(o.Text("monitor")))
	for _, m := range members {
		if m.IsTemplate() { // its ephemeral members serve
			continue
		}
		p.Members = append(p.Members, t.member(o, m, shared))
	}
	return p
}

func (t translation) member(pool, o *config.Object, shared monitoring) dataplane.Member {
	m := dataplane.Member{
		Pool: pool.Path, Name: o.Path, Address: config.AddressKey(o),
		Ratio: integer(o.Get("ratio")), PriorityGroup: integer(o.Get("priorityGroup")), ConnectionLimit: integer(o.Get("connectionLimit")),
		SessionDisabled: o.Text("session") == "user-disabled", ForcedOffline: o.Text("state") == "user-down",
		Monitors: shared.monitors, AtLeast: shared.atLeast, Epoch: max(o.Epoch, pool.Epoch),
	}
	if o.Text("monitor") != "default" {
		own := t.rule(config.ParseMonitorRule(o.Text("monitor")))
		m.Monitors, m.AtLeast = own.monitors, own.atLeast
	}
	if node := t.state.Node(o); node != nil {
		m.SessionDisabled = m.SessionDisabled || node.Text("session") == "user-disabled"
		m.ForcedOffline = m.ForcedOffline || node.Text("state") == "user-down"
	}
	return m
}

// monitoring is a monitor rule made ready.
type monitoring struct {
	monitors []dataplane.Monitor
	atLeast  int
}

func (t translation) rule(rule config.MonitorRule) monitoring {
	m := monitoring{atLeast: rule.AtLeast}
	for _, path := range rule.Paths {
		m.monitors = append(m.monitors, t.monitor(path))
	}
	return m
}

func (t translation) monitor(path string) dataplane.Monitor {
	if m, ok := t.monitors[path]; ok {
		return m
	}
	m := dataplane.Monitor{Name: path}
	for _, kind := range t.state.Schema.Types {
		name, isMonitor := strings.CutPrefix(kind.Path, "ltm/monitor/")
		o := t.state.Objects(kind).Find(path)
		if !isMonitor || o == nil {
			continue
		}
		if name == "tcp-half-open" { // a connection, with nothing sent over it
			name = "tcp"
		}
		text := func(field string) string {
			value, _ := t.state.Value(o, field).(string)
			return value
		}
		seconds := func(field string) time.Duration {
			return time.Duration(integer(t.state.Value(o, field))) * time.Second
		}
		m = dataplane.Monitor{
			Name: path, Type: name, Send: unescape(text("send")), Recv: text("recv"), RecvDisable: text("recvDisable"),
			Interval: seconds("interval"), Timeout: seconds("timeout"), Destination: text("destination"),
			ManualResume: text("manualResume") == "enabled",
		}
	}
	t.monitors[path] = m
	return m
}

func (t translation) virtualServer(o *config.Object) dataplane.VirtualServer {
	v := dataplane.VirtualServer{
		Name: o.Path, Destination: o.Text("destination"), Enabled: !o.Is("disabled"), Pool: o.Text("pool"),
		UDP: o.Text("ipProtocol") == "udp", ConnectionLimit: integer(o.Get("connectionLimit")),
		SNAT: t.snat(o), Policies: t.policyList(o),
	}
	for _, profile := range o.Sub("profiles").Items() {
		target := t.state.FindAny(profile.Type.Of, profile.Path)
		if target == nil {
			continue
		}
		switch target.Type.Path {
		case "ltm/profile/http":
			v.HTTP = true
			v.InsertXForwardedFor = t.state.Value(target, "insertXforwardedFor") == "enabled"
		case "ltm/profile/http2":
			v.HTTP2 = profile.Text("context") != "serverside"
		case "ltm/profile/one-connect":
			v.OneConnect = true
		case "ltm/profile/client-ssl":
			if t.state.Value(target, "mode") != "disabled" {
				v.ClientSSL = append(v.ClientSSL, t.clientSSL(target))
			}
		case "ltm/profile/server-ssl":
			if t.state.Value(target, "mode") != "disabled" && v.ServerSSL == nil {
				v.ServerSSL = t.serverSSL(target)
			}
		}
	}
	t.persistence(&v, o.Text("persist"))
	return v
}

// snat is the source address translation of a virtual server (icontrol-rest 3.4);
// lsn is not simulated.
func (t translation) snat(o *config.Object) dataplane.SNAT {
	snat := dataplane.SNAT{Type: o.Text("sourceAddressTranslation.type")}
	pool := t.state.Objects(t.state.Schema.Type("ltm/snatpool")).Find(o.Text("sourceAddressTranslation.pool"))
	if pool == nil {
		return snat
	}
	members, _ := pool.Get("members").([]string)
	for _, member := range members {
		text := config.Name(member)
		if kind := t.state.Schema.Type("ltm/snat-translation"); kind != nil {
			if o := t.state.Objects(kind).Find(member); o != nil && o.Text("address") != "" {
				text = o.Text("address")
			}
		}
		host, _, _ := strings.Cut(text, "%") // the route domain
		if address, err := netip.ParseAddr(host); err == nil {
			snat.Addresses = append(snat.Addresses, address)
		}
	}
	return snat
}

func (t translation) persistence(v *dataplane.VirtualServer, path string) {
	for _, kind := range []string{"cookie", "source-addr"} {
		o := t.state.Objects(t.state.Schema.Type("ltm/persistence/" + kind)).Find(path)
		if o == nil {
			continue
		}
		v.Persistence = kind
		timeout, _ := t.state.Value(o, "timeout").(string)
		n, err := strconv.Atoi(cmp.Or(timeout, "180"))
		if err != nil { // "indefinite"
			n = int((365 * 24 * time.Hour).Seconds())
		}
		v.PersistenceTimeout = time.Duration(n) * time.Second
		v.CookieName, _ = t.state.Value(o, "cookieName").(string)
	}
}

// unescape turns a monitor's string, in which \r and \n stand as two
// characters, into what goes over the wire.
func unescape(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\r`, "\r", `\n`, "\n", `\t`, "\t", `\"`, `"`).Replace(text)
}
