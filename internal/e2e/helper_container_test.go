package e2e

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// accountToken is what the kubelet would put into a pod of the helper's namespace.
func (l *Lab) accountToken(t *testing.T, account string) string {
	t.Helper()
	request, err := l.Cluster.Client().CoreV1().ServiceAccounts(helperName).CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(t, err)
	return request.Status.Token
}

// helperContainer is the container of the helper's Deployment in the cluster.
func (l *Lab) helperContainer(t *testing.T) corev1.Container {
	t.Helper()
	deployment, err := l.Cluster.Client().AppsV1().Deployments(helperName).Get(t.Context(), helperName, metav1.GetOptions{})
	must(t, err)
	return deployment.Spec.Template.Spec.Containers[0]
}

// runContainer starts the command of the helper's container with its account, until the
// test ends. Outside of a pod the files and the cluster are elsewhere, and the ports are
// the machine's.
func (l *Lab) runContainer(t *testing.T, container corev1.Container, more ...string) (log func() string) {
	t.Helper()
	help, err := exec.CommandContext(t.Context(), l.Provider, "reconcile", "--help").Output()
	must(t, err)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: l.Cluster.URL(), CertificateAuthorityData: l.Cluster.CAData()}
	config.AuthInfos["u"], config.Contexts["c"] = &clientcmdapi.AuthInfo{Token: l.accountToken(t, helperName)}, &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "c"
	must(t, clientcmd.WriteToFile(*config, kubeconfig))
	args := slices.Concat(container.Args, []string{"--kubeconfig=" + kubeconfig, "--leader-elect", "--lease-namespace=" + helperName, "--discover-interval=1s"}, more)
	for i, arg := range args {
		flag, value, _ := strings.Cut(arg, "=")
		switch flag {
		case "--ca-file":
			if mount := container.VolumeMounts[0].MountPath; filepath.Dir(value) != mount {
				t.Errorf("%s is not in %s", value, mount)
			}
			args[i] = flag + "=" + l.Simulator.CAFile
		case "--metrics-bind-address", "--health-probe-bind-address", "--external-metrics-bind-address":
			if !slices.ContainsFunc(container.Ports, func(p corev1.ContainerPort) bool { return value == fmt.Sprintf(":%d", p.ContainerPort) }) {
				t.Errorf("no port of the container is %s", value)
			}
			args[i] = flag + "=127.0.0.1:0"
		}
	}
	values := map[string]string{"BIGIP_HOST": l.Simulator.Management, "BIGIP_PARTITION": "shop", "BIGIP_USER": l.Simulator.Username, "BIGIP_PASSWORD": l.Simulator.Password}
	var output lockedBuffer
	command := exec.Command(l.Provider, args...)
	command.Env, command.Stdout, command.Stderr = []string{}, &output, &output
	for _, variable := range container.Env {
		if !bytes.Contains(help, []byte(variable.Name)) {
			t.Errorf("the helper does not know %s", variable.Name)
		}
		command.Env = append(command.Env, variable.Name+"="+values[variable.Name])
	}
	endWithParent(command)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("%v\n%s", err, output.String())
		}
	})
	return output.String
}

var servedAt = regexp.MustCompile(`the external metrics API is served.*?(127\.0\.0\.1:\d+)`)

// servesMetrics waits until a helper serves the external metrics API, leads the API server
// to it, and waits until that finds it available.
func (l *Lab) servesMetrics(t *testing.T, through *tunnel, log func() string) {
	t.Helper()
	var found []string
	awaitTrue(t, func() bool { found = servedAt.FindStringSubmatch(log()); return found != nil }, log)
	through.lead("6443", found[1])
	_, err := kubectl(t, l.Cluster)(t.Context(), "wait", "--request-timeout=0", "--for=condition=Available", "--timeout=1m", "apiservice/v1beta1.external.metrics.k8s.io")
	if err != nil {
		t.Fatalf("%v\n%s", err, log())
	}
}
