package bigipsim

import (
	"net/netip"
	"regexp"
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
	last  dataplane.Config
	tls   tlsProfiles
}

func (t *translator) translate(state *config.State) dataplane.Config {
	if !sameTLS(state, t.state) {
		t.tls = newTLSProfiles()
	}
	one := translation{slowRamp: t.slowRamp, state: state, tls: t.tls, monitors: map[string]dataplane.Monitor{}, policies: map[string]*dataplane.Policy{}, rules: map[string]*dataplane.IRule{}}
	t.last = dataplane.Config{
		Nodes: t.nodes(one), Pools: t.pools(one), VirtualServers: t.virtualServers(one),
	}
	t.state = state
	return t.last
}

func (t *translator) nodes(one translation) []dataplane.Node {
	if t.state != nil && one.state.SameSurroundings(t.state) {
		return t.last.Nodes
	}
	items := objects(one.state, "ltm/node").Items()
	list := make([]dataplane.Node, 0, len(items))
	for _, o := range items {
		list = append(list, one.node(o))
	}
	return list
}

func (t *translator) pools(one translation) []dataplane.Pool {
	var before memory[dataplane.Pool]
	if t.state != nil && one.state.SameSurroundings(t.state) {
		before = memory[dataplane.Pool]{objects(t.state, "ltm/pool").Items(), t.last.Pools}
	}
	items := objects(one.state, "ltm/pool").Items()
	list := make([]dataplane.Pool, 0, len(items))
	for _, o := range items {
		old, pool := before.of(o.Path)
		if old != o {
			pool = one.pool(o, old, pool.Members)
		}
		list = append(list, pool)
	}
	return list
}

func (t *translator) virtualServers(one translation) []dataplane.VirtualServer {
	collection := objects(one.state, "ltm/virtual")
	var before memory[dataplane.VirtualServer]
	// A virtual server names its pool, and takes from all other kinds what it needs.
	if t.state != nil && one.state.SameExcept(t.state, "ltm/pool", "ltm/virtual") {
		known := objects(t.state, "ltm/virtual")
		if collection.Same(known) {
			return t.last.VirtualServers
		}
		before = memory[dataplane.VirtualServer]{known.Items(), t.last.VirtualServers}
	}
	list := make([]dataplane.VirtualServer, 0, collection.Len())
	for _, o := range collection.Items() {
		old, virtual := before.of(o.Path)
		if old != o {
			virtual = one.virtualServer(o)
		}
		list = append(list, virtual)
	}
	return list
}

func objects(state *config.State, kind string) config.Collection {
	return state.Objects(state.Schema.Type(kind))
}

// memory are objects and what they were translated to, in the order of paths.
type memory[T any] struct {
	objects      []*config.Object
	translations []T
}

// of is the object that had a path, and its translation; nil if there was none.
// Paths are asked for in their order.
func (m *memory[T]) of(path string) (o *config.Object, translation T) {
	for len(m.objects) > 0 && m.objects[0].Path <= path {
		o, translation = m.objects[0], m.translations[0]
		m.objects, m.translations = m.objects[1:], m.translations[1:]
	}
	if o != nil && o.Path != path {
		var none T
		return nil, none
	}
	return o, translation
}

// translation is the work on one state.
type translation struct {
	slowRamp bool
	state    *config.State
	tls      tlsProfiles
	monitors map[string]dataplane.Monitor // by path, each translated once
	policies map[string]*dataplane.Policy // by path, likewise; nil = not there
	rules    map[string]*dataplane.IRule  // by path, likewise; nil = not simulated
}

func integer(v any) int {
	n, _ := v.(int64)
	return int(n)
}

// serving are the members of a pool that take traffic: not those that are names,
// whose ephemeral members do.
func serving(pool *config.Object) []*config.Object {
	members := pool.Sub("members").Items()
	list := make([]*config.Object, 0, len(members))
	for _, m := range members {
		if !m.IsTemplate() {
			list = append(list, m)
		}
	}
	return list
}

// pool translates a pool; old is what it was before and members are its members'
// translations, nil if they are of no use.
func (t translation) pool(o, old *config.Object, members []dataplane.Member) dataplane.Pool {
	var before memory[dataplane.Member]
	if old != nil && old.Text("monitor") == o.Text("monitor") && old.Epoch == o.Epoch {
		before = memory[dataplane.Member]{serving(old), members}
	}
	list := serving(o)
	p := dataplane.Pool{
		Name: o.Path, Mode: o.Text("loadBalancingMode"), MinActiveMembers: integer(o.Get("minActiveMembers")),
		IgnorePersistedWeight: o.Text("ignorePersistedWeight") == "enabled",
		Queue:                 o.Text("queueOnConnectionLimit") == "enabled", QueueDepth: integer(o.Get("queueDepthLimit")),
		QueueTime:   time.Duration(integer(o.Get("queueTimeLimit"))) * time.Millisecond,
		ServiceDown: o.Text("serviceDownAction"), ReselectTries: integer(o.Get("reselectTries")), Members: make([]dataplane.Member, 0, len(list)),
	}
	if t.slowRamp {
		p.SlowRamp = time.Duration(integer(o.Get("slowRampTime"))) * time.Second
	}
	shared := t.rule(config.ParseMonitorRule(o.Text("monitor")))
	for _, m := range list {
		same, member := before.of(m.Path)
		if same != m {
			member = t.member(o, m, shared)
		}
		p.Members = append(p.Members, member)
	}
	return p
}

func (t translation) member(pool, o *config.Object, shared dataplane.Monitoring) dataplane.Member {
	m := dataplane.Member{
		Pool: pool.Path, Name: o.Path, Address: config.AddressKey(o),
		Ratio: integer(o.Get("ratio")), DynamicRatio: integer(o.Get("dynamicRatio")), PriorityGroup: integer(o.Get("priorityGroup")), ConnectionLimit: integer(o.Get("connectionLimit")),
		SessionDisabled: o.Text("session") == "user-disabled", ForcedOffline: o.Text("state") == "user-down",
		Monitoring: shared,
	}
	if o.Text("monitor") != "default" {
		m.Monitoring = t.rule(config.ParseMonitorRule(o.Text("monitor")))
	}
	m.Epoch = max(o.Epoch, pool.Epoch)
	if node := t.state.Node(o); node != nil {
		m.Node = node.Path
	}
	return m
}

func (t translation) node(o *config.Object) dataplane.Node {
	n := dataplane.Node{
		Name: o.Path, Address: o.Text("address"), Ratio: integer(o.Get("ratio")), DynamicRatio: integer(o.Get("dynamicRatio")),
		ConnectionLimit: integer(o.Get("connectionLimit")),
		SessionDisabled: o.Text("session") == "user-disabled", ForcedOffline: o.Text("state") == "user-down",
	}
	if o.Text("fqdn.tmName") == "" { // no DNS server is asked, so there is nobody to probe
		n.Monitoring = t.rule(t.state.NodeMonitorRule(o))
	}
	n.Epoch = o.Epoch
	return n
}

func (t translation) rule(rule config.MonitorRule) dataplane.Monitoring {
	m := dataplane.Monitoring{AtLeast: rule.AtLeast}
	for _, path := range rule.Paths {
		m.Monitors = append(m.Monitors, t.monitor(path))
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
			UpInterval: seconds("upInterval"), TimeUntilUp: seconds("timeUntilUp"),
			ManualResume: text("manualResume") == "enabled", Reverse: text("reverse") == "enabled",
		}
	}
	t.monitors[path] = m
	return m
}

func (t translation) virtualServer(o *config.Object) dataplane.VirtualServer {
	destination := o.Text("destination")
	host, port, _ := config.SplitMemberName(config.Name(destination))
	v := dataplane.VirtualServer{
		Name: o.Path, Address: config.Join(config.Folder(destination), host), Port: port, KeepPort: o.Text("translatePort") == "disabled",
		Enabled: !o.Is("disabled"), Pool: o.Text("pool"),
		UDP: o.Text("ipProtocol") == "udp", ConnectionLimit: integer(o.Get("connectionLimit")),
		SNAT: t.snat(o), Policies: t.policyList(o), Rules: t.ruleList(o),
	}
	if address := t.state.Objects(t.state.Schema.Type("ltm/virtual-address")).Find(v.Address); address != nil && address.Text("enabled") == "no" {
		v.Enabled = false
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
	v.Persistence, v.Fallback = t.persistence(o.Text("persist")), t.persistence(o.Text("fallbackPersistence"))
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

// escaped is an escape of a monitor's string (F5 K4186).
var escaped = regexp.MustCompile(`\\(x[0-9A-Fa-f]{2}|[0-3][0-7]{2}|[abefnrtv\\'"])`)

// unescape turns a monitor's string, in which \r and \n stand as two
// characters, into what goes over the wire.
func unescape(text string) string {
	return escaped.ReplaceAllStringFunc(text, func(escape string) string {
		switch c := escape[1]; {
		case c == 'x':
			code, _ := strconv.ParseUint(escape[2:], 16, 8)
			return string([]byte{byte(code)})
		case len(escape) == 4:
			code, _ := strconv.ParseUint(escape[1:], 8, 16)
			return string([]byte{byte(code)})
		default:
			if at := strings.IndexByte("abefnrtv", c); at >= 0 {
				return "\a\b\x1b\f\n\r\t\v"[at : at+1]
			}
			return escape[1:]
		}
	})
}
