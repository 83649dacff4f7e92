package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// endpoint is the destination of the virtual server in examples/kube-apiserver.
const endpoint = "203.0.113.20:6443"

// looped is a kubeconfig that reaches the API by the address of the virtual server, as
// kubeadm writes it. A proxy stands for the network that leads there.
func (a *apiLab) looped(t *testing.T, listener string) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != endpoint {
			http.Error(w, "no way to "+r.Host, http.StatusBadGateway)
			return
		}
		connect(w, r, listener)
	}))
	t.Cleanup(proxy.Close)
	config := clientcmdapi.NewConfig()
	config.Clusters["api"] = &clientcmdapi.Cluster{
		Server: "https://" + endpoint, ProxyURL: proxy.URL, TLSServerName: "kubernetes", CertificateAuthorityData: a.Cluster.CAData(),
	}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: a.Cluster.Token("admin")}
	config.Contexts["api"] = &clientcmdapi.Context{Cluster: "api", AuthInfo: "admin"}
	config.CurrentContext = "api"
	file := filepath.Join(t.TempDir(), "looped.kubeconfig")
	must(t, clientcmd.WriteToFile(*config, file))
	return file
}

// connect carries a tunnel to an address.
func connect(w http.ResponseWriter, r *http.Request, to string) {
	server, err := new(net.Dialer).DialContext(r.Context(), "tcp", to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer server.Close()
	w.WriteHeader(http.StatusOK)
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	go func() {
		_, _ = io.Copy(server, client) // the end of either is the end of both
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// refuses makes sure that nobody edits the pool who reads the cluster through it, and
// that both say so. The pool is still by addresses.
func (a *apiLab) refuses(t *testing.T, kubeconfig string) {
	t.Helper()
	through := &Terraform{CLI: cli, Dir: a.terraform.Dir, Env: a.environment(kubeconfig), Vars: map[string]any{
		"bootstrap": false, "probe": a.terraform.Vars["probe"], "shutdown_delay": a.terraform.Vars["shutdown_delay"],
	}}
	_, err := through.Apply(t.Context())
	if err == nil || !strings.Contains(err.Error(), "through pool /shop/kube-apiserver itself") {
		t.Fatalf("an apply through the pool: %v", err)
	}
}

// ignores makes sure that a helper which reads the cluster through the pool leaves the
// pool alone, and says so; and that it follows it where it is told to.
func (a *apiLab) ignores(t *testing.T, kubeconfig string) {
	t.Helper()
	for _, run := range []struct {
		flags []string
		says  string
		exits bool // well
	}{
		{[]string{"--once"}, "is reached through pool /shop/kube-apiserver", false},
		{[]string{"--once", "--allow-loop"}, "", true},
	} {
		output, err := a.reconcile(t.Context(), kubeconfig, run.flags...)
		if (err == nil) != run.exits || !strings.Contains(output, run.says) {
			t.Errorf("%v: %v\n%s", run.flags, err, output)
		}
	}
}

// reconcile runs the helper to its end.
func (a *apiLab) reconcile(ctx context.Context, kubeconfig string, flags ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	run := &Terraform{CLI: a.Provider, Dir: a.dir, Env: a.environment(kubeconfig)}
	return run.run(ctx, append([]string{"reconcile", "--partition", "shop"}, flags...)...)
}
