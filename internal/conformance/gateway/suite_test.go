package gateway

import (
	"context"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/gateway-api/apis/v1alpha2"
	"sigs.k8s.io/gateway-api/apis/v1alpha3"
	"sigs.k8s.io/gateway-api/conformance"
	confv1 "sigs.k8s.io/gateway-api/conformance/apis/v1"
	"sigs.k8s.io/gateway-api/conformance/utils/config"
	"sigs.k8s.io/gateway-api/conformance/utils/roundtripper"
	"sigs.k8s.io/gateway-api/conformance/utils/suite"
	"sigs.k8s.io/gateway-api/pkg/features"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/e2e"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const (
	className  = "bigip"
	controller = "bigipkube.io/reconcile" // the helper
)

var (
	reportFile = flag.String("report", "", "the file that gets the suite's report")
	only       = flag.String("only", "", "the one test of the suite to run")
	patience   = flag.Duration("patience", 20*time.Second, "how long the suite waits for a state")
)

// supported are the features beyond the core that internal/ingress has. That which is left out cannot be had of a policy:
// mirrors, timeouts of one request, retries, CORS.
var supported = []features.FeatureName{
	features.SupportHTTPRouteQueryParamMatching,
	features.SupportHTTPRouteMethodMatching,
	features.SupportHTTPRouteResponseHeaderModification,
	features.SupportHTTPRoutePortRedirect,
	features.SupportHTTPRouteSchemeRedirect,
	features.SupportHTTPRoutePathRedirect,
	features.SupportHTTPRouteHostRewrite,
	features.SupportHTTPRoutePathRewrite,
	features.SupportHTTPRouteParentRefPort,
	features.SupportHTTPRouteNamedRouteRule,
	features.SupportHTTPRoute303RedirectStatusCode,
	features.SupportHTTPRoute307RedirectStatusCode,
	features.SupportHTTPRoute308RedirectStatusCode,
	features.SupportGatewayPort8080,
	features.SupportGatewayHTTPListenerIsolation,
}

func TestTheGatewayAPIsConformanceSuite(t *testing.T) {
	report := *reportFile
	if report != "" {
		var err error
		report, err = filepath.Abs(report)
		must(t, err)
	}
	t.Chdir(filepath.Join("..", "..", "..")) // the program and the definitions are of the parent's module
	cli, err := exec.LookPath("terraform")
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		cli, err = path, nil
	}
	must(t, err)
	lab := newLab(t)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, lab.Cluster.Kubeconfig(kubeconfig))
	helper, err := lab.StartHelper(t.Context(), kubeconfig, "--route-status")
	must(t, err)
	t.Cleanup(func() {
		_ = helper.Kill()
		if file := os.Getenv("HELPER_LOG"); file != "" {
			_ = os.WriteFile(file, []byte(helper.Log()), 0o600)
		}
	})
	startEchoes(t, lab)
	startBinder(t, &binder{lab: lab, cli: cli, kubeconfig: kubeconfig})
	o := options(t, lab)
	o.ReportOutputPath = report
	class(t, o.Client)
	conformance.RunConformanceWithOptions(t, o)
}

// newLab is a cluster with the Gateway API, and a BIG-IP.
func newLab(t *testing.T) *e2e.Lab {
	t.Helper()
	cluster, err := kubetest.Start(t.Context(), kubetest.Options{Nodes: 2})
	must(t, err)
	t.Cleanup(func() { _ = cluster.Close() })
	must(t, cluster.InstallGatewayAPI(t.Context()))
	program, err := e2e.BuildProvider(t.Context(), t.TempDir())
	must(t, err)
	lab, err := e2e.NewLab(t.Context(), cluster, program)
	must(t, err)
	t.Cleanup(lab.Close)
	must(t, lab.Simulator.MakePartition(t.Context(), "shop"))
	return lab
}

func options(t *testing.T, lab *e2e.Lab) suite.ConformanceOptions {
	t.Helper()
	rest := lab.Cluster.RESTConfig()
	c, err := client.New(rest, client.Options{})
	must(t, err)
	for _, add := range []func() error{
		func() error { return gatewayv1.Install(c.Scheme()) },
		func() error { return v1alpha2.Install(c.Scheme()) },
		func() error { return v1alpha3.Install(c.Scheme()) },
		func() error { return apiextensionsv1.AddToScheme(c.Scheme()) },
	} {
		must(t, add())
	}
	clients, err := kubernetes.NewForConfig(rest)
	must(t, err)
	return suite.ConformanceOptions{
		Client: c, Clientset: clients, RestConfig: rest, RoundTripper: traffic(lab.Simulator),
		ConfigurableOptions: suite.ConfigurableOptions{
			GatewayClassName: className, SupportedFeatures: supported, TimeoutConfig: timeouts(), RunTest: *only,
			CleanupBaseResources: false, CleanupTestResources: true,
			ConformanceProfiles: []suite.ConformanceProfileName{suite.GatewayHTTPConformanceProfileName},
			Implementation: confv1.Implementation{
				Organization: "bigipkube", Project: "terraform-provider-bigipkube", URL: "https://github.com/bigipkube/terraform-provider-bigipkube",
				Version: "0.0.0-dev", Contact: []string{"https://github.com/bigipkube/terraform-provider-bigipkube/issues"},
			},
		},
	}
}

// timeouts are shorter than the suite's, which are for clouds; the base Gateways are bound one after the other.
func timeouts() config.TimeoutConfig {
	c := config.DefaultTimeoutConfig()
	for _, d := range []*time.Duration{
		&c.GatewayMustHaveAddress, &c.GatewayMustHaveCondition, &c.GatewayStatusMustHaveListeners, &c.GatewayListenersMustHaveConditions,
		&c.HTTPRouteMustNotHaveParents, &c.HTTPRouteMustHaveCondition, &c.RouteMustHaveParents, &c.MaxTimeToConsistency,
		&c.LatestObservedGenerationSet, &c.DefaultTestTimeout, &c.GWCMustBeAccepted,
	} {
		*d = *patience
	}
	c.NamespacesMustBeReady = time.Minute
	c.RequestTimeout = 5 * time.Second
	return c
}

// traffic goes to the loopback listener of the virtual server that has an address and port.
func traffic(simulator *e2e.Simulator) roundtripper.RoundTripper {
	return &roundtripper.DefaultRoundTripper{
		TimeoutConfig: timeouts(),
		CustomDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			listener, err := simulator.Listener(ctx, "/shop/"+host+"_"+port)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, listener)
		},
	}
}

// class makes the GatewayClass, which the helper accepts: the suite does not begin before.
func class(t *testing.T, c client.Client) {
	t.Helper()
	g := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: className}, Spec: gatewayv1.GatewayClassSpec{ControllerName: controller}}
	must(t, c.Create(t.Context(), g))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
