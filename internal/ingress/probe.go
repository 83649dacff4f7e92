package ingress

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Probed is how the pods of a backend are probed, as a monitor. Where that cannot be, the
// Monitor is the zero one.
type Probed struct {
	Ref endpoints.Ref `json:"ref"`
	// Monitor has neither a path nor, of http and https, a send string yet.
	Monitor ltm.Monitor `json:"monitor"`
	Request Request     `json:"request,omitzero"` // of http and https
	// Unknown tells that there is no pod to ask: what the pool has is right until there is.
	Unknown bool `json:"unknown,omitempty"`
}

// Request is what an http monitor asks. All is in the device's spelling.
type Request struct {
	Target string `json:"target,omitempty"` // "/healthz?full=1"
	Host   string `json:"host,omitempty"`   // "" leaves it to who asks
	Fields []Pair `json:"fields,omitempty"` // in the order of the probe
}

// send is the monitor's send string; host is for who names none.
func (r Request) send(host string) string {
	const end = `\r\n`
	text := "GET " + r.Target + " HTTP/1.1" + end + "Host: " + cmp.Or(r.Host, host) + end
	for _, f := range r.Fields {
		text += f.Name + ": " + f.Value + end
	}
	return text + "Connection: close" + end + end
}

// String is "http GET /healthz, every 10 s, down after 31 s"; "" without a monitor.
func (p Probed) String() string {
	m := p.Monitor
	if m.Type == "" {
		return ""
	}
	text := string(m.Type)
	if p.Request.Target != "" {
		text += " GET " + p.Request.Target
	}
	if m.Destination.Port != 0 {
		text += " at port " + strconv.Itoa(int(m.Destination.Port))
	}
	return fmt.Sprintf("%s, every %d s, down after %d s", text, m.Interval, m.Timeout)
}

// same tells that two backends are probed alike.
func (p Probed) same(other Probed) bool {
	return p.Monitor == other.Monitor && p.Request.Target == other.Request.Target && p.Request.Host == other.Request.Host &&
		slices.Equal(p.Request.Fields, other.Request.Fields)
}

// healthy matches the status lines that the kubelet takes for a success, 200 to 399. The
// device searches all of an answer, in which nothing else looks like a status line.
const healthy = `HTTP/1[.][01] [23][0-9][0-9]`

// What the API server fills in where a probe says nothing.
const (
	defaultPeriod    = 10
	defaultThreshold = 3
	longest          = 86400 // seconds: more than a day is no interval of a monitor
)

// probes are how the backends of a set are probed, each once.
func (t *translator) probes(set RouteSet) []Probed {
	var list []Probed
	seen := map[endpoints.Ref]bool{}
	for _, server := range set.Servers {
		for _, route := range server.Routes {
			for _, b := range route.Backends {
				if !seen[b.Ref] {
					seen[b.Ref] = true
					list = append(list, t.probed(route.Source, b.Ref))
				}
			}
		}
	}
	return list
}

func (t *translator) probed(source binding.Object, ref endpoints.Ref) Probed {
	service := t.services[types.NamespacedName{Namespace: ref.Namespace, Name: ref.Service}]
	if !service.Endpoints {
		return Probed{Ref: ref, Unknown: true}
	}
	probed, reason := probeOf(service, ref)
	if reason != "" {
		t.problem(source, "", Differs, "port %s of Service %s/%s gets no monitor: %s. Its pods count as available while they are ready",
			ref.Port, ref.Namespace, ref.Service, reason)
		return Probed{Ref: ref}
	}
	probed.Ref = ref
	return probed
}

// probeOf translates the readinessProbe of the container that has the port. The reason says
// why it cannot.
func probeOf(service Service, ref endpoints.Ref) (Probed, string) {
	if service.Pod == nil {
		return Probed{}, "none of its endpoints is a pod that it selects"
	}
	at := slices.IndexFunc(service.Ports, func(p endpoints.ServicePort) bool { return cmp.Or(p.Name, strconv.Itoa(int(p.Number))) == ref.Port })
	target, ok := service.Pod.port(service.Ports[at])
	if !ok {
		return Probed{}, fmt.Sprintf("no container of its pods has a port %s", service.Ports[at].TargetPort)
	}
	container, ok := service.Pod.container(target)
	switch {
	case !ok:
		return Probed{}, fmt.Sprintf("its pods have several containers, and none of them declares port %d", target)
	case container.Readiness == nil:
		return Probed{}, fmt.Sprintf("container %s has no readinessProbe", container.Name)
	}
	monitor, request, port, reason := container.monitor()
	if reason != "" {
		return Probed{}, "the readinessProbe of container " + container.Name + " " + reason
	}
	if port != target {
		if monitor.Destination.Port, ok = service.reach(port, ref.NodePort); !ok {
			return Probed{}, fmt.Sprintf("the readinessProbe of container %s asks port %d, to which no node port of the Service leads", container.Name, port)
		}
	}
	return Probed{Monitor: monitor, Request: request}, ""
}

// port is the number that a Service's port has on the pod.
func (p Pod) port(of endpoints.ServicePort) (uint16, bool) {
	if of.TargetPort == "" {
		return of.Number, true
	}
	if number, err := strconv.ParseUint(of.TargetPort, 10, 16); err == nil {
		return uint16(number), true
	}
	for _, c := range p.Containers {
		if number, found := c.named(of.TargetPort); found {
			return number, true
		}
	}
	return 0, false
}

// container is the one that has a port: who declares it, or the only one there is.
func (p Pod) container(port uint16) (Container, bool) {
	for _, c := range p.Containers {
		if slices.ContainsFunc(c.Ports, func(p endpoints.ContainerPort) bool { return p.Number == port }) {
			return c, true
		}
	}
	if len(p.Containers) == 1 {
		return p.Containers[0], true
	}
	return Container{}, false
}

func (c Container) named(name string) (uint16, bool) {
	at := slices.IndexFunc(c.Ports, func(p endpoints.ContainerPort) bool { return p.Name == name })
	if at < 0 {
		return 0, false
	}
	return c.Ports[at].Number, true
}

// reach is where the device finds a port of the pods: on the pods it is what it is; on
// nodes it is the node port that leads there.
func (s Service) reach(port uint16, nodePort bool) (uint16, bool) {
	if !nodePort {
		return port, true
	}
	for _, p := range s.Ports {
		if number, ok := s.Pod.port(p); ok && number == port && p.NodePort != 0 && cmp.Or(p.Protocol, "TCP") == "TCP" {
			return p.NodePort, true
		}
	}
	return 0, false
}

// monitor is what the probe of a container is on a device, and the port that it asks. The
// reason is the end of a sentence about the probe.
func (c Container) monitor() (m ltm.Monitor, r Request, port uint16, reason string) {
	probe := c.Readiness
	var host string
	var at intstr.IntOrString
	switch {
	case probe.HTTPGet != nil:
		kind := ltm.MonitorHTTP
		if probe.HTTPGet.Scheme == corev1.URISchemeHTTPS {
			kind = ltm.MonitorHTTPS
		}
		m, host, at = ltm.NewMonitor(kind, ltm.Path{}), probe.HTTPGet.Host, probe.HTTPGet.Port
		m.Send, m.Receive = "", healthy
		r, reason = requestOf(*probe.HTTPGet)
	case probe.TCPSocket != nil:
		// A whole connection, as the kubelet's: one that is half open looks like an attack.
		m, host, at = ltm.NewMonitor(ltm.MonitorTCP, ltm.Path{}), probe.TCPSocket.Host, probe.TCPSocket.Port
	case probe.Exec != nil:
		reason = "is a command, which only the kubelet can run"
	case probe.GRPC != nil:
		reason = "is gRPC's, which no monitor speaks"
	default:
		reason = "is of a kind that is not known"
	}
	if reason != "" {
		return m, r, 0, reason
	}
	if host != "" {
		return m, r, 0, fmt.Sprintf("asks %s, not the pod", host)
	}
	if port, reason = c.probedPort(at); reason != "" {
		return m, r, 0, reason
	}
	return m, r, port, setTimes(&m, *probe)
}

// setTimes says when a member is down, and when it is up again. A monitor needs one second
// more than its last try (icontrol-rest 3.9).
func setTimes(m *ltm.Monitor, probe corev1.Probe) string {
	period, failures := int64(cmp.Or(probe.PeriodSeconds, defaultPeriod)), int64(cmp.Or(probe.FailureThreshold, defaultThreshold))
	timeout := failures*period + 1
	wait := int64(max(probe.SuccessThreshold-1, 0)) * period
	if timeout > longest || wait > longest {
		return "takes longer than a day, which no monitor does"
	}
	m.Interval, m.Timeout, m.TimeUntilUp = int(period), int(timeout), int(wait)
	return ""
}

func (c Container) probedPort(at intstr.IntOrString) (uint16, string) {
	if at.Type == intstr.Int && at.IntVal > 0 && at.IntVal < 1<<16 {
		return uint16(at.IntVal), ""
	}
	if number, found := c.named(at.StrVal); found {
		return number, ""
	}
	return 0, fmt.Sprintf("asks port %s, which the container does not declare", at.String())
}

// requestOf is what a probe asks.
func requestOf(get corev1.HTTPGetAction) (Request, string) {
	r := Request{Target: requestTarget(get.Path)}
	for _, h := range get.HTTPHeaders {
		value, ok := escapeField(h.Value)
		switch {
		case !ok || !isToken(h.Name):
			return r, fmt.Sprintf("has a header %q with characters that a monitor cannot send", h.Name)
		case strings.EqualFold(h.Name, "Connection"): // the device closes each
		case strings.EqualFold(h.Name, "Host"):
			r.Host = cmp.Or(r.Host, value) // the first, as the kubelet does
		default:
			r.Fields = append(r.Fields, Pair{Name: h.Name, Value: value})
		}
	}
	return r, ""
}

// requestTarget is the path as the kubelet asks for it, with everything encoded that is not
// plain in an URL: so nothing of it is a quote, a backslash or the end of a line.
func requestTarget(path string) string {
	u, err := url.Parse(path)
	if err != nil { // as the kubelet does
		u = &url.URL{Path: path}
	}
	text := u.EscapedPath()
	if !strings.HasPrefix(text, "/") {
		text = "/" + text
	}
	if u.RawQuery != "" {
		text += "?" + u.RawQuery
	}
	var out strings.Builder
	for _, c := range []byte(text) {
		if isAlphanumeric(c) || strings.IndexByte("-._~!$&()*+,;=:@/?%[]", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// escapeField writes the value of a header so that it stays one: a send string has escapes
// for a backslash and, by its number, for a quote (F5's K4186). What does not print has none
// that would be a header's.
func escapeField(value string) (string, bool) {
	for _, c := range []byte(value) {
		if c < ' ' || c > '~' {
			return "", false
		}
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\x22`).Replace(value), true
}

// isToken tells a name that a header can have (RFC 9110, 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r > '~' || !isAlphanumeric(byte(r)) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
