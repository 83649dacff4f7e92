package reconciler

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	siteAddress = "203.0.113.10"
	plainServer = "/shop/203.0.113.10_80"
	tlsServer   = "/shop/203.0.113.10_443"
)

// site is a device, a cluster with Deployments, and an apply of its own.
type site struct {
	*lab
	cp        *kubetest.ControlPlane
	namespace string
	device    *bigip.Device
}

// newSite has a Deployment and a Service for each name; their pods answer.
func newSite(t *testing.T, deployments ...string) *site {
	t.Helper()
	s := &site{lab: newLab(t, "shop"), cp: controlPlane.ControlPlane(t)}
	s.namespace, s.config = s.cp.NamespaceT(t, "shop"), s.cp.KubeconfigT(t)
	for _, name := range deployments {
		must(t, s.cp.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: name, Colour: name, Replicas: 1}))
	}
	for _, name := range deployments {
		must(t, s.cp.WaitReady(t.Context(), s.namespace, name, 1))
	}
	client, err := icontrol.New(icontrol.Config{Address: s.sim.ManagementURL(), Username: "admin", Password: "admin", CAFile: s.sim.CAFile()})
	must(t, err)
	s.device = bigip.New(client, "", slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = s.device.Close(context.Background()) })
	return s
}

// siteOptions are what a user decides: the address alone.
func siteOptions() ingress.Options {
	address, err := ltm.ParseAddress(siteAddress)
	if err != nil {
		panic(err)
	}
	return ingress.Options{Partition: "shop", Address: address}
}

// apply does what an apply of Terraform does.
func (s *site) apply(owner binding.Object, options ingress.Options) {
	s.t.Helper()
	ctx := s.t.Context()
	source, err := kube.New(kube.Config{ConfigPath: s.config}, kube.Options{})
	must(s.t, err)
	objects, pairs, err := source.Routes(ctx, owner, options.Beside())
	must(s.t, err)
	set, problems := ingress.Translate(objects, options)
	if len(problems) > 0 {
		s.t.Logf("problems: %v", problems)
	}
	build := func(live ltm.Site) (ltm.Site, error) {
		built, err := ingress.Build(set, options, live)
		if err != nil {
			return ltm.Site{}, err
		}
		for i, pool := range built.Site.Pools {
			var backends []engine.Backend
			for _, b := range built.Backends[pool.Path] {
				backends = append(backends, engine.Backend{Name: b.FullName(), Ref: b.Ref, Share: b.Share})
			}
			if len(backends) == 0 {
				continue
			}
			observed, err := engine.ObserveBackends(ctx, source, backends)
			if err != nil {
				return ltm.Site{}, err
			}
			built.Site.Pools[i].Members = engine.Members(backends, observed, nil).Members
		}
		return built.Site, nil
	}
	live, built, err := engine.SurveySite(ctx, s.device, options, func(live ltm.Site) (ingress.Built, error) { return ingress.Build(set, options, live) })
	must(s.t, err)
	files := map[ltm.Path]ltm.KeyPair{}
	for _, c := range built.Site.Certificates {
		if pair, ok := pairs[ltm.Certificate{CertificateChecksum: c.CertificateChecksum, KeyChecksum: c.KeyChecksum}]; ok {
			files[c.Path] = pair
		}
	}
	_, err = engine.RunSite(ctx, s.device, engine.SiteGoal{Paths: live.Paths().Union(built.Site.Paths()), Desired: build, KeyPairs: files}, nil)
	must(s.t, err)
}

func (s *site) owner(kind, name string) binding.Object {
	return binding.Object{Kind: kind, Namespace: s.namespace, Name: name}
}

// ingress writes an Ingress; paths are "/api=api".
func (s *site) ingress(name string, secret string, paths ...string) {
	s.t.Helper()
	prefix := networkingv1.PathTypePrefix
	rule := &networkingv1.HTTPIngressRuleValue{}
	for _, text := range paths {
		path, service, _ := strings.Cut(text, "=")
		rule.Paths = append(rule.Paths, networkingv1.HTTPIngressPath{Path: path, PathType: &prefix, Backend: networkingv1.IngressBackend{
			Service: &networkingv1.IngressServiceBackend{Name: service, Port: networkingv1.ServiceBackendPort{Name: "http"}},
		}})
	}
	spec := networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{Host: "shop.example.com", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: rule}}}}
	if secret != "" {
		spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"shop.example.com"}, SecretName: secret}}
	}
	ingresses := s.cp.Client().NetworkingV1().Ingresses(s.namespace)
	before, err := ingresses.Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		_, err = ingresses.Create(s.t.Context(), &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	} else {
		before.Spec = spec
		_, err = ingresses.Update(s.t.Context(), before, metav1.UpdateOptions{})
	}
	must(s.t, err)
}

// certificate is one for shop.example.com, with its key, in PEM.
func certificate(t *testing.T, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "shop.example.com"}, DNSNames: []string{"shop.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

func (s *site) secret(name, cert, key string) {
	s.t.Helper()
	secrets := s.cp.Client().CoreV1().Secrets(s.namespace)
	data := map[string][]byte{corev1.TLSCertKey: []byte(cert), corev1.TLSPrivateKeyKey: []byte(key)}
	before, err := secrets.Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		_, err = secrets.Create(s.t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeTLS, Data: data}, metav1.CreateOptions{})
	} else {
		before.Data = data
		_, err = secrets.Update(s.t.Context(), before, metav1.UpdateOptions{})
	}
	must(s.t, err)
}

// rules are those of a policy that forward: what they match, and their pools,
// "/api /shop/shop_api_http".
func (s *site) rules(policy string) (all []string) {
	s.t.Helper()
	found, err := s.device.Site(s.t.Context(), ltm.SitePaths{Policies: []ltm.Path{mustPath(policy)}})
	must(s.t, err)
	for _, p := range found.Policies {
		for _, rule := range p.Rules {
			match := ""
			for _, c := range rule.Conditions {
				if c.Operand == "httpUri" {
					match += strings.Join(c.Values, ",")
				}
			}
			for _, a := range rule.Actions {
				if a.Kind == ltm.Forward {
					all = append(all, strings.TrimSpace(match+" "+strings.ReplaceAll(a.Pool.Name, s.namespace, "shop")))
				}
			}
		}
	}
	return all
}

func mustPath(text string) ltm.Path {
	path, err := ltm.ParsePath(text)
	if err != nil {
		panic(err)
	}
	return path
}

// serves waits until a policy has these rules, and returns how long that took.
func (s *site) serves(policy string, want ...string) time.Duration {
	s.t.Helper()
	start := time.Now()
	var got []string
	eventually(s.t, func() bool {
		got = s.rules(policy)
		return slices.Equal(got, want)
	}, func() string {
		return fmt.Sprintf("policy %s has\n%s\nwant\n%s", policy, strings.Join(got, "\n"), strings.Join(want, "\n"))
	})
	return time.Since(start)
}

// follow starts a helper, and waits until it has looked at all there is.
func (s *site) follow(o Options, owners int) *running {
	s.t.Helper()
	helper := s.start(o)
	eventually(s.t, func() bool {
		return strings.Count(helper.scrape(), "bigipkube_route_last_successful_sync_timestamp_seconds{") == owners
	}, func() string { return "the helper does not follow the routes" })
	return helper
}

// shows is the serial number of the certificate that a client gets.
func (s *site) shows(t *testing.T) (int64, error) {
	t.Helper()
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: &tls.Config{ServerName: "shop.example.com", InsecureSkipVerify: true}} //nolint:gosec // a test's certificate
	conn, err := dialer.DialContext(context.Background(), "tcp", s.sim.Listener(tlsServer))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// pools are those of the partition, each with its members' ratios:
// "shop_web_http 10.244.0.1:8080*1".
func (s *site) pools() (all []string) {
	s.t.Helper()
	pools, err := s.device.PoolsIn(s.t.Context(), "shop")
	must(s.t, err)
	for _, p := range pools {
		text := strings.ReplaceAll(p.Path.Name, s.namespace, "shop")
		for _, m := range p.Members {
			text += fmt.Sprintf(" %d*%s", m.Ratio, m.Session)
		}
		all = append(all, text)
	}
	return all
}

// has waits until the partition has these pools.
func (s *site) has(want ...string) {
	s.t.Helper()
	var got []string
	eventually(s.t, func() bool {
		got = s.pools()
		return slices.Equal(got, want)
	}, func() string {
		return fmt.Sprintf("the pools are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	})
}

// told are the Events on an object, by reason.
func (s *site) told(kind, name string) map[string]string {
	s.t.Helper()
	list, err := s.cp.Client().CoreV1().Events(s.namespace).List(s.t.Context(), metav1.ListOptions{})
	must(s.t, err)
	texts := map[string]string{}
	for _, e := range list.Items {
		if e.InvolvedObject.Kind == kind && e.InvolvedObject.Name == name && e.InvolvedObject.UID != "" && e.Source.Component == component {
			texts[e.Reason] += e.Message + "\n"
		}
	}
	return texts
}

// isTold waits for an Event.
func (s *site) isTold(kind, name, reason, text string) {
	s.t.Helper()
	eventually(s.t, func() bool { return strings.Contains(s.told(kind, name)[reason], text) },
		func() string { return fmt.Sprintf("the Events of %s %s are %v", kind, name, s.told(kind, name)) })
}
