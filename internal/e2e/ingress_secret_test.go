package e2e

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the device tells files apart by it
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// files are what is in the Secret of the site's Ingress.
type files struct{ certificate, key []byte }

// checksum is what the state has of a certificate.
func (f files) checksum() string {
	return fmt.Sprintf("SHA1:%d:%x", len(f.certificate), sha1.Sum(f.certificate)) //nolint:gosec // see above
}

// secret reads the Secret.
func (s *site) secret(t *testing.T) files {
	t.Helper()
	secret, err := s.Cluster.Client().CoreV1().Secrets(s.namespace).Get(t.Context(), "web-tls", metav1.GetOptions{})
	must(t, err)
	return files{secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]}
}

// renew puts a new certificate with a new key into the Secret. Clients trust it.
func (s *site) renew(t *testing.T) files {
	t.Helper()
	certificate, key, err := kubetest.KeyPair("shop.example.com")
	must(t, err)
	secrets := s.Cluster.Client().CoreV1().Secrets(s.namespace)
	secret, err := secrets.Get(t.Context(), "web-tls", metav1.GetOptions{})
	must(t, err)
	secret.Data = map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key}
	_, err = secrets.Update(t.Context(), secret, metav1.UpdateOptions{})
	must(t, err)
	s.roots.AppendCertsFromPEM(certificate)
	return files{certificate, key}
}

// shows checks which certificate a new handshake gets, and which one the state has.
func (s *site) shows(t *testing.T, want files) {
	t.Helper()
	block, _ := pem.Decode(want.certificate)
	if got := s.get(t, "https://shop.example.com/").TLS.PeerCertificates[0]; !bytes.Equal(got.Raw, block.Bytes) {
		t.Errorf("a client gets the certificate %s, which is another one", got.SerialNumber)
	}
	text, err := s.terraform.run(t.Context(), "show", "-json")
	must(t, err)
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Values struct {
						TLS map[string]struct{ Checksum string } `json:"tls"`
					} `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	must(t, json.Unmarshal([]byte(text), &state))
	if got := state.Values.Root.Resources[0].Values.TLS["shop.example.com"].Checksum; got != want.checksum() {
		t.Errorf("the state has the certificate %s, want %s", got, want.checksum())
	}
}

// handshakes makes new connections, one after the other, while the function works. None
// may fail.
func (s *site) handshakes(t *testing.T, work func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	count, failures, over := 0, []error{}, make(chan struct{})
	go func() {
		defer close(over)
		for ; ctx.Err() == nil; count++ {
			if _, err := s.try(t.Context(), "https://shop.example.com/"); err != nil {
				failures = append(failures, err)
			}
		}
	}()
	defer func() { // also when work ends the test
		stop()
		<-over
		if count == 0 || len(failures) > 0 {
			t.Errorf("%d of %d handshakes failed: %v", len(failures), count, failures)
		}
	}()
	work()
}

func TestACertificateIsRenewedUnderLoadAfterARefusalAndNoKeyIsWhereTerraformWrites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	log := filepath.Join(t.TempDir(), "trace.log")
	s.terraform.Env = append(s.terraform.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	first := s.secret(t)
	s.shows(t, first)

	second, written := s.renew(t), ""
	s.handshakes(t, func() {
		must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/faults", map[string]any{
			"method": "PATCH", "path": "^/mgmt/tm/transaction/", "status": 400, "count": 1,
			"body": `{"code":400,"message":"transaction failed:01070734:3: Configuration error: refused","errorStack":[],"apiError":2}`,
		}, nil))
		said, err := s.terraform.Apply(t.Context())
		if err == nil || !strings.Contains(said, "refused") {
			t.Fatalf("the apply succeeded, or does not say why not:\n%s", said)
		}
		s.shows(t, first) // what is live
		text, _, err := s.terraform.Plan(t.Context(), "renew.tfplan")
		must(t, err)
		plan, err := s.terraform.run(t.Context(), "show", "-json", "renew.tfplan")
		must(t, err)
		if !strings.Contains(text, "~ tls") || !strings.Contains(plan, second.checksum()) {
			t.Errorf("the plan does not show the new certificate:\n%s", text)
		}
		must(t, s.Simulator.ClearJournal(t.Context()))
		applied, err := s.terraform.ApplyPlan(t.Context(), "renew.tfplan")
		must(t, err)
		s.shows(t, second)
		written = said + text + plan + applied
	})
	s.committedOnce(t)
	s.empty(t)
	s.keysAreNowhere(t, log, written, first, second)
}

// committedOnce checks that the last apply was one transaction.
func (s *site) committedOnce(t *testing.T) {
	t.Helper()
	journal, err := s.Simulator.Journal(t.Context())
	must(t, err)
	commits := 0
	for _, r := range journal {
		if r.Method == http.MethodPatch && strings.HasPrefix(r.Path, "/mgmt/tm/transaction/") {
			commits++
		}
	}
	if commits != 1 {
		t.Errorf("%d transactions were committed, want 1", commits)
	}
}

// keysAreNowhere looks for each line of the keys. Beside them stands a word that must be
// there: we look at the right thing.
func (s *site) keysAreNowhere(t *testing.T, log, written string, all ...files) {
	t.Helper()
	texts := map[string]string{"output or plan": written}
	for name, path := range map[string]string{"the log": log, "the state": filepath.Join(s.terraform.Dir, "terraform.tfstate")} {
		text, err := os.ReadFile(path)
		must(t, err)
		texts[name] = string(text)
	}
	for name, text := range texts {
		if !strings.Contains(text, "shop.example.com") {
			t.Errorf("%s has nothing of the Ingress: is it what this test takes it for?", name)
		}
		for _, f := range all {
			lines := strings.Split(strings.TrimSpace(string(f.key)), "\n")
			for _, line := range lines[1 : len(lines)-1] {
				if strings.Contains(text, line) {
					t.Errorf("%s has a key", name)
				}
			}
		}
	}
}
