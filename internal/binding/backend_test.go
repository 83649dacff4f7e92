package binding_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func addresses(texts ...string) endpoints.Addresses {
	var keys []ltm.MemberKey
	for _, text := range texts {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			panic(err)
		}
		keys = append(keys, key)
	}
	return endpoints.NewAddresses(keys)
}

func selector(pairs ...string) endpoints.Selector {
	labels := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		labels[pairs[i]] = pairs[i+1]
	}
	return endpoints.NewSelector(labels)
}

func TestEveryKindOfBackendReadsAsItIsWritten(t *testing.T) {
	t.Parallel()
	for want, backend := range map[string]binding.Backend{
		"canary@shop/(app=shop,track=canary):http=10":                    {Name: "canary", Ref: endpoints.Ref{Namespace: "shop", Selector: selector("track", "canary", "app", "shop"), Port: "http"}, Share: 10},
		"c@east/shop/(a=):8080,dual,rd2,remove=0":                        {Name: "c", Ref: endpoints.Ref{Cluster: "east", Namespace: "shop", Selector: selector("a", ""), Port: "8080", Family: endpoints.Dual, RouteDomain: 2}, Remove: true},
		"c@shop/(app.kubernetes.io%2Fname=web):http=1":                   {Name: "c", Ref: endpoints.Ref{Namespace: "shop", Selector: selector("app.kubernetes.io/name", "web"), Port: "http"}, Share: 1},
		"vms@(192.0.2.10:8080,192.0.2.11:8080)=60":                       {Name: "vms", Ref: endpoints.Ref{Addresses: addresses("192.0.2.11:8080", "192.0.2.10:8080")}, Share: 60},
		"vms@(192.0.2.10:80,2001:db8::1.80),rd65534=60":                  {Name: "vms", Ref: endpoints.Ref{Addresses: addresses("[2001:db8::1]:80", "192.0.2.10:80"), RouteDomain: 65534}, Share: 60},
		"api@nodes(control-plane):6443=100":                              {Name: "api", Ref: endpoints.Ref{Nodes: true, Role: "control-plane", Port: "6443"}, Share: 100},
		"api@east/nodes(control-plane,zone=a):6443=1":                    {Name: "api", Ref: endpoints.Ref{Cluster: "east", Nodes: true, Role: "control-plane", Selector: selector("zone", "a"), Port: "6443"}, Share: 1},
		"edge@nodes(example.com%2Fedge=,zone=a):443,IPv6,external,rd2=1": {Name: "edge", Ref: endpoints.Ref{Nodes: true, Selector: selector("zone", "a", "example.com/edge", ""), Port: "443", Family: endpoints.IPv6, NodeAddress: endpoints.ExternalIP, RouteDomain: 2}, Share: 1},
		"all@nodes():443=1":                                              {Name: "all", Ref: endpoints.Ref{Nodes: true, Port: "443"}, Share: 1},
		"vms@(192.0.2.10%2:80)=60":                                       {Name: "vms", Ref: endpoints.Ref{Addresses: addresses("192.0.2.10%2:80")}, Share: 60},
		"shop/web:http,node=100":                                         {Ref: endpoints.Ref{Namespace: "shop", Service: "web", Port: "http", NodePort: true}, Share: 100},
		"blue@shop/web,IPv6,node,rd2,remove=100":                         {Name: "blue", Ref: endpoints.Ref{Namespace: "shop", Service: "web", Family: endpoints.IPv6, NodePort: true, RouteDomain: 2}, Share: 100, Remove: true},
	} {
		mark := binding.Mark{Backends: []binding.Backend{backend}, Min: 1}
		got := binding.Format("Checkout", mark)
		if want := "Checkout [bigipkube/1 " + want + " min=1]"; got != want {
			t.Errorf("written as\n %s\nwant\n %s", got, want)
		}
		words, again, found, err := binding.Parse(got)
		if diff := cmp.Diff(mark, again); diff != "" || words != "Checkout" || !found || err != nil {
			t.Errorf("%q: words %q, found %v, %v\n%s", got, words, found, err, diff)
		}
	}
}

func TestABackendThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	const shape, option, label = "it is not [name@][cluster/]namespace/service", "it has an option that is not known, or there twice", "it has a label twice, or one that is none"
	for item, want := range map[string]string{
		"shop/(a=b):http=1":                   shape, // no name
		"(192.0.2.1:80)=1":                    shape,
		"c@shop/x(a=b):http=1":                shape,
		"c@a/b/c/(a=b):http=1":                shape,
		"c@shop/(a=(b):http=1":                shape,
		"c@shop/(a=b:http=1":                  shape,
		"c@shop/(a=b)":                        "it has no share",
		"c@shop/(a=b)x=1":                     shape,
		"c@shop/():http=1":                    "it has a label without a value",
		"c@shop/(a):http=1":                   "it has a label without a value",
		"c@shop/(=b):http=1":                  "a name in it is empty",
		"c@shop/(a=b,a=c):http=1":             label,
		"c@shop/(a%3Db=c):http=1":             label,
		"c@shop/(a=b%2Cc):http=1":             label,
		"c@shop/(a=<b>):http=1":               "a name in it has a character that must be escaped",
		"@shop/(a=b):http=1":                  "a name in it is empty",
		"c@/(a=b):http=1":                     "a name in it is empty",
		"vms@()=1":                            "it has something that is no address with a port",
		"vms@(web:80)=1":                      "it has something that is no address with a port",
		"vms@(192.0.2.1:80,)=1":               "it has something that is no address with a port",
		"vms@(192.0.2.1:080)=1":               "it has something that is no address with a port",
		"vms@([2001:db8::1]:80)=1":            `nothing may follow the mark`, // a bracket ends it
		"vms@(192.0.2.1:80):http=1":           "its addresses have ports of their own",
		"vms@(192.0.2.1:80),IPv4=1":           option,
		"vms@(192.0.2.1:80),node=1":           option,
		"c@shop/(a=b):http,node=1":            option,
		"shop/web,node,node=1":                option,
		"shop/web,remove,remove=1":            option,
		"shop/web,IPv4,IPv6=1":                option,
		"shop/web,=1":                         option,
		"nodes(control-plane):6443=1":         shape, // no name
		"c@nodes(a/b):6443=1":                 shape,
		"c@east/x/nodes(a):6443=1":            shape,
		"c@nodes(,a=b):6443=1":                "a name in it is empty",
		"c@nodes(a,):6443=1":                  "it has a label without a value",
		"c@nodes(a=b,c):6443=1":               "it has a label without a value",
		"c@nodes(a,b):6443=1":                 "it has a label without a value",
		"c@nodes(a=b,a=c):6443=1":             label,
		"c@nodes(a),node=1":                   option,
		"c@nodes(a),external,external=1":      option,
		"shop/web,external=1":                 option,
		"c@/nodes(a):6443=1":                  "a name in it is empty",
		"shop/web,rd0=1":                      "its route domain is wrong",
		"shop/web,rd=1":                       "its route domain is wrong",
		"shop/web,rd65535=1":                  "its route domain is wrong",
		"shop/web,rd02=1":                     "its route domain is wrong",
		"shop/web,rd1,rd2=1":                  option,
		"c@shop/(a=b):http=1 c@(1.2.3.4:5)=1": "another backend has that name",
	} {
		_, mark, found, err := binding.Parse("[bigipkube/1 " + item + "]")
		failure, ok := errors.AsType[*binding.SyntaxError](err)
		if !ok || !found || len(mark.Backends) > 0 || failure.Reason != want {
			t.Errorf("%q: found %v, %+v, %v, want %s", item, found, mark, err, want)
		}
	}
}

func TestAMemberTellsTheKindOfItsBackend(t *testing.T) {
	t.Parallel()
	for want, mark := range map[string]binding.MemberMark{
		"[bigipkube/1 canary@shop/(pods) web-x2k4z]":   {Backend: "canary", Namespace: "shop", Pod: "web-x2k4z"},
		"[bigipkube/1 canary@east/shop/(pods) web-x2]": {Backend: "canary", Cluster: "east", Namespace: "shop", Pod: "web-x2"},
		"[bigipkube/1 vms@(addresses)]":                {Backend: "vms"},
		"[bigipkube/1 api@nodes(control-1)]":           {Backend: "api", Node: "control-1"},
		"[bigipkube/1 api@east/nodes(control-1)]":      {Backend: "api", Cluster: "east", Node: "control-1"},
	} {
		got := binding.FormatMember(mark)
		if got != want {
			t.Errorf("written as %q, want %q", got, want)
		}
		_, again, found, err := binding.ParseMember(got)
		if diff := cmp.Diff(mark, again); diff != "" || !found || err != nil {
			t.Errorf("%q: found %v, %v\n%s", got, found, err, diff)
		}
	}
	for _, text := range []string{"[bigipkube/1 c@shop/(addresses)]", "[bigipkube/1 vms@(pods)]", "[bigipkube/1 c@shop/()]", "[bigipkube/1 (addresses)]", "[bigipkube/1 api@nodes()]", "[bigipkube/1 api@nodes(a) p]", "[bigipkube/1 nodes(a)]", "[bigipkube/1 api@a/b/nodes(a)]"} {
		_, mark, found, err := binding.ParseMember(text)
		if _, ok := errors.AsType[*binding.SyntaxError](err); !ok || !found || mark != (binding.MemberMark{}) {
			t.Errorf("%q: found %v, %+v, %v", text, found, mark, err)
		}
	}
}

// anyBackend makes a backend of any kind, with any options.
func anyBackend(r *rand.Rand, i int) binding.Backend {
	b := binding.Backend{Name: fmt.Sprint(name(r), i), Share: r.IntN(101), Remove: r.IntN(2) == 0}
	b.Ref.RouteDomain = uint16(r.IntN(3) * r.IntN(ltm.MaxRouteDomain/2))
	if r.IntN(3) == 0 {
		var keys []ltm.MemberKey
		for range 1 + r.IntN(4) {
			ip := netip.AddrFrom4([4]byte{192, 0, 2, byte(r.IntN(256))})
			if r.IntN(2) == 0 {
				ip = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(r.IntN(256)), 15: byte(r.IntN(256))})
			}
			keys = append(keys, ltm.MemberKey{Address: ltm.Address{IP: ip, RouteDomain: uint16(r.IntN(3))}, Port: uint16(r.IntN(65536))})
		}
		b.Ref.Addresses = endpoints.NewAddresses(keys)
		return b
	}
	b.Ref.Port = name(r)
	b.Ref.Family = []endpoints.Family{"", endpoints.IPv4, endpoints.IPv6, endpoints.Dual}[r.IntN(4)]
	switch r.IntN(3) {
	case 0:
		b.Ref.Namespace, b.Ref.Service, b.Ref.NodePort = name(r), name(r), r.IntN(2) == 0
	case 1:
		b.Ref.Namespace, b.Ref.Selector = name(r), anySelector(r, 1)
	default:
		b.Ref.Nodes, b.Ref.Selector = true, anySelector(r, 0)
		b.Ref.NodeAddress = []endpoints.NodeAddressType{"", endpoints.ExternalIP}[r.IntN(2)]
		if r.IntN(2) == 0 {
			b.Ref.Role = name(r)
		}
		if r.IntN(2) == 0 {
			b.Ref.Cluster = name(r)
		}
	}
	return b
}

// anySelector has some labels.
func anySelector(r *rand.Rand, least int) endpoints.Selector {
	labels := map[string]string{}
	for range least + r.IntN(4) {
		plain := strings.NewReplacer("=", "", ",", "")
		labels["k"+plain.Replace(name(r))] = plain.Replace(name(r))
	}
	return endpoints.NewSelector(labels)
}

func TestAnyBackendSurvives(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range 3000 {
		var mark binding.Mark
		for i := range 1 + r.IntN(4) {
			mark.Backends = append(mark.Backends, anyBackend(r, i))
		}
		text := binding.Format("words", mark)
		if strings.ContainsAny(strings.TrimSuffix(strings.TrimPrefix(text, "words ["), "]"), "<>\"\n[]{}") {
			t.Fatalf("%q has text that the device refuses, or a bracket", text)
		}
		_, got, found, err := binding.Parse(text)
		sorted := cmpopts.SortSlices(func(a, b binding.Backend) int { return strings.Compare(a.FullName(), b.FullName()) })
		if diff := cmp.Diff(mark, got, sorted); diff != "" || !found || err != nil {
			t.Fatalf("%q: found %v, %v\n%s", text, found, err, diff)
		}
	}
}
