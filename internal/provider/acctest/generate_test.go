package acctest_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	fwresource "github.com/hashicorp/terraform-plugin-framework/resource"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/ingress"
)

// ingressOptions has the options of bigipkube_ingress, each with a value that is not its default.
// NAMESPACE is that of the Ingress.
var ingressOptions = map[string]string{
	"name": `"front"`, "http_port": `8080`, "https_port": `8443`, "https_redirect": `false`, "ingress_class": `"bigip"`,
	"certificates": `{ "*" = { namespace = "NAMESPACE", name = "web-tls" } }`,
	"fallback":     `{ redirect = "https://www.example.com/" }`, "client_ip": `"snat"`, "waf_policy": `"/Common/baseline"`, "allowed_sources": `["198.51.100.0/25", "198.51.100.128/26"]`, "strict": `true`,
	"monitors": `["/Common/http"]`, "load_balancing_mode": `"least-connections-member"`, "node_port": `true`, "family": `"IPv4"`,
	"route_domain": `2`, "drain": `"1m30s"`, "min_members": `1`,
	"tcp_profile": `"/Common/f5-tcp-lan"`, "http_profile": `"/Common/web"`, "server_ssl_profile": `"/Common/serverssl"`, "client_ssl_parent": `"/Common/strict"`,
	"profiles": `{ "/Common/oneconnect" = "all" }`, "irules": `["/shop/b", "/shop/a"]`, "persistence": `"/Common/cookie"`,
	"fallback_persistence": `"/Common/source_addr"`, "snat_pool": `"/Common/out"`,
	"firewall_enforced_policy": `"/Common/fw"`, "firewall_staged_policy": `"/Common/next"`, "security_log_profiles": `["/Common/Log all requests"]`,
	"source": `"198.51.100.0/24"`, "vlans": `{ enabled_on = ["/Common/outside"] }`,
}

// optionsOfTheSchema are those that an import has to read back: what says whom and where is
// in the id; timeouts and the revision are not on the device.
func optionsOfTheSchema(t *testing.T) (names []string) {
	t.Helper()
	var resp fwresource.SchemaResponse
	ingress.NewResource().Schema(t.Context(), fwresource.SchemaRequest{}, &resp)
	for name, attribute := range resp.Schema.Attributes {
		if attribute.IsOptional() && !slices.Contains([]string{"partition", "folder", "timeouts", "revision", "ingress", "http_route", "tls_route", "gateway"}, name) {
			names = append(names, name)
		}
	}
	return slices.Sorted(slices.Values(names))
}

// referred makes what the options refer to.
func referred(device *acctest.Device) {
	create := func(kind string, body map[string]any) { device.REST(http.MethodPost, "/mgmt/tm/"+kind, body) }
	create("net/vlan", map[string]any{"name": "outside"})
	create("net/route-domain", map[string]any{"name": "2", "id": 2})
	create("ltm/profile/http", map[string]any{"name": "web", "partition": "Common"})
	create("ltm/profile/client-ssl", map[string]any{"name": "strict", "partition": "Common"})
	create("ltm/snat-translation", map[string]any{"name": "192.0.2.200", "partition": "Common", "address": "192.0.2.200"})
	create("ltm/snatpool", map[string]any{"name": "out", "partition": "Common", "members": []string{"/Common/192.0.2.200"}})
	for _, name := range []string{"a", "b"} {
		create("ltm/rule", map[string]any{"name": name, "partition": "shop", "apiAnonymous": "when CLIENT_ACCEPTED { }"})
	}
}

// cli runs the CLI of the tests in a folder, with the program as users have it.
func cli(t *testing.T, folder string, args ...string) (output string, code int) {
	t.Helper()
	_, config := built(t)
	command := exec.CommandContext(t.Context(), os.Getenv("TF_ACC_TERRAFORM_PATH"), append(args, "-no-color")...)
	command.Dir = folder
	command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config)
	text, err := command.CombinedOutput()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return string(text), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text), 0
}

// wrote fails the test if the device was asked to change anything.
func wrote(t *testing.T, device *acctest.Device) {
	t.Helper()
	if err := untouched(device)(nil); err != nil {
		t.Error(err)
	}
}

func writeConfig(t *testing.T, folder, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAccTheConfigurationThatAnImportOfAnIngressWritesPlansNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]string{
		"every option":    ingressOptions,
		"none":            nil,
		"preserve":        {"client_ip": `"preserve"`, "fallback": `{ reset = true }`, "vlans": `{ disabled_on = ["/Common/outside"] }`},
		"x-forwarded-for": {"http_profile": `"/Common/web"`, "fallback": `{ pool = "/shop/sorry" }`, "monitors_from_probes": `true`}, // which is not beside monitors
	}
	tried := map[string]bool{}
	for _, options := range cases {
		for option := range options {
			tried[option] = true
		}
	}
	if got := slices.Sorted(maps.Keys(tried)); !slices.Equal(got, optionsOfTheSchema(t)) {
		t.Errorf("the options are %v, and those of this test %v: a new one needs a value here", optionsOfTheSchema(t), got)
	}
	for name, options := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			device := acctest.NewDeviceWithASM(t, "shop")
			referred(device)
			device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{"name": "sorry", "partition": "shop"})
			cp := cluster.ControlPlane(t)
			namespace := servedIngress(t, cp)
			provider := ownSource + device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t)))
			arguments := ""
			for _, option := range slices.Sorted(maps.Keys(options)) {
				arguments += "  " + option + " = " + strings.ReplaceAll(options[option], "NAMESPACE", namespace) + "\n"
			}
			first, second, third := t.TempDir(), t.TempDir(), t.TempDir()
			byHand := fmt.Sprintf("resource \"bigipkube_ingress\" \"web\" {\n  ingress = { namespace = %q, name = \"web\" }\n  address = \"203.0.113.10\"\n%s}\n", namespace, arguments)
			writeConfig(t, first, provider+byHand)
			if text, code := cli(t, first, "apply", "-auto-approve"); code != 0 {
				t.Fatal(text)
			}
			device.ClearRequests()
			id := "ingress/" + namespace + "/web@/shop/203.0.113.10"
			imports := provider + fmt.Sprintf("import {\n  to = bigipkube_ingress.web\n  id = %q\n}\n", id)
			writeConfig(t, second, imports)
			text, code := cli(t, second, "plan", "-generate-config-out=generated.tf")
			generated := byHand
			if options["certificates"] != "" && acctest.Running(t).OpenTofu { // it writes the keys of a map of objects without quotes
				if code != 1 || !strings.Contains(text, "Error: Invalid expression") {
					t.Fatalf("%d\n%s", code, text)
				}
				writeConfig(t, second, imports+byHand)
				text, code = cli(t, second, "plan")
			} else {
				generated = read(t, filepath.Join(second, "generated.tf"))
			}
			if code != 0 || !strings.Contains(text, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.") {
				t.Fatalf("%d\n%s\n%s", code, text, generated)
			}
			if text, code := cli(t, second, "apply", "-auto-approve"); code != 0 {
				t.Fatal(text)
			}
			if text, code := cli(t, second, "plan", "-detailed-exitcode"); code != 0 {
				t.Errorf("the import has left something to do: %d\n%s", code, text)
			}
			writeConfig(t, third, provider+generated)
			if text, code := cli(t, third, "import", "bigipkube_ingress.web", id); code != 0 {
				t.Fatal(text)
			}
			if text, code := cli(t, third, "plan", "-detailed-exitcode"); code != 0 {
				t.Errorf("the import has left something to do: %d\n%s", code, text)
			}
			// And what was written by hand is what was read back.
			if text, code := cli(t, first, "plan", "-detailed-exitcode"); code != 0 {
				t.Errorf("%d\n%s", code, text)
			}
			wrote(t, device)
		})
	}
}

// servedIngress makes a namespace with an Ingress and its Service, which has a node port.
func servedIngress(t *testing.T, cp *kubetest.ControlPlane) (namespace string) {
	t.Helper()
	namespace = cp.NamespaceT(t, "shop")
	must(t, cp.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2}))
	must(t, cp.WaitReady(t.Context(), namespace, "web", 2))
	services := cp.Client().CoreV1().Services(namespace)
	service, err := services.Get(t.Context(), "web", metav1.GetOptions{})
	must(t, err)
	service.Spec.Type = corev1.ServiceTypeNodePort
	_, err = services.Update(t.Context(), service, metav1.UpdateOptions{})
	must(t, err)
	class, prefix := "bigip", networkingv1.PathTypePrefix
	must(t, cp.Ingress(t.Context(), namespace, &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: networkingv1.IngressSpec{
			IngressClassName: &class, TLS: []networkingv1.IngressTLS{{Hosts: []string{"shop.example.com"}, SecretName: "web-tls"}},
			Rules: []networkingv1.IngressRule{{Host: "shop.example.com", IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{
					Service: &networkingv1.IngressServiceBackend{Name: "web", Port: networkingv1.ServiceBackendPort{Name: "http"}},
				}}},
			}}}},
		},
	}))
	return namespace
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
