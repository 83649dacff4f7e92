package ingress_test

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the device tells files apart by it
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// renew gives the Ingress's Secret files.
func (s shop) renew(certificate, key []byte) {
	s.t.Helper()
	secrets := s.cp.Client().CoreV1().Secrets(s.namespace)
	live, err := secrets.Get(s.t.Context(), "web-tls", metav1.GetOptions{})
	s.must(nil, err)
	live.Data = map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key}
	s.must(secrets.Update(s.t.Context(), live, metav1.UpdateOptions{}))
}

// shows checks that a new handshake gets a certificate.
func (s shop) shows(certificate []byte) resource.TestCheckFunc {
	return func(*terraform.State) error {
		raw, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", s.device.Listener("/shop/203.0.113.10_443"))
		if err != nil {
			return err
		}
		defer raw.Close()                                                                                //nolint:errcheck // nothing is sent on it
		client := tls.Client(raw, &tls.Config{ServerName: "shop.example.com", InsecureSkipVerify: true}) //nolint:gosec // the test compares the certificate itself
		if err := client.HandshakeContext(s.t.Context()); err != nil {
			return err
		}
		block, _ := pem.Decode(certificate)
		if got := client.ConnectionState().PeerCertificates[0]; !bytes.Equal(got.Raw, block.Bytes) {
			return fmt.Errorf("a client gets the certificate %s, want the one of the Secret", got.SerialNumber)
		}
		return nil
	}
}

func (s shop) pair() (certificate, key []byte) {
	s.t.Helper()
	certificate, key, err := kubetest.KeyPair("shop.example.com")
	s.must(nil, err)
	return certificate, key
}

func TestAccARenewedCertificateIsInThePlanAndReplacedInOneTransaction(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, firstKey := s.pair()
	second, secondKey := s.pair()
	s.renew(first, firstKey)
	certificate := tfjsonpath.New("tls").AtMapKey("shop.example.com").AtMapKey("checksum")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{
				Config: s.config(""), ConfigPlanChecks: emptyPlan(), Check: s.shows(first),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, certificate, checksumOf(first))},
			},
			{
				PreConfig: func() { s.renew(second, secondKey); s.device.ClearRequests() },
				Config:    s.config(""),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, certificate, checksumOf(second)),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("routes"), s.routes("/", "web")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: resource.ComposeTestCheckFunc(oneTransaction(s.device), s.shows(second)),
			},
		},
	})
}

func TestAccASecretWithAKeyThatIsNotItsOwnIsAProblemAndTheOldCertificateServesOn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	good, goodKey := s.pair()
	other, _ := s.pair()
	s.renew(good, goodKey)
	wrong := regexp.MustCompile(`the key in tls\.key does not belong to the certificate`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{Config: s.config(""), ConfigPlanChecks: emptyPlan(), Check: s.shows(good)},
			{
				PreConfig: func() { s.renew(other, goodKey); s.device.ClearRequests() },
				Config:    s.config(""), ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("problems", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringRegexp(wrong)})), value("routes", s.routes("/", "web")),
				},
				Check: resource.ComposeTestCheckFunc(s.writesNothing(), s.shows(good)),
			},
			{Config: s.config("strict = true"), ExpectError: regexp.MustCompile(`(?s)strict.*does not\s+belong`)},
			{
				PreConfig: func() { s.change("/", "web", "/api", "api") },
				Config:    s.config(""), ConfigPlanChecks: emptyPlan(), // the rest of the Ingress is served
				ConfigStateChecks: []statecheck.StateCheck{value("routes", s.routes("/", "web", "/api", "api"))},
				Check:             s.shows(good),
			},
		},
	})
}

// writesNothing checks that the device was only read.
func (s shop) writesNothing() resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, r := range s.device.Requests() {
			if r.Method != http.MethodGet && !strings.HasPrefix(r.Path, "/mgmt/shared/auth") {
				return fmt.Errorf("%s %s", r.Method, r.Path)
			}
		}
		return nil
	}
}

// checksumOf is what the state has of a certificate.
func checksumOf(file []byte) knownvalue.Check {
	return knownvalue.StringExact(fmt.Sprintf("SHA1:%d:%x", len(file), sha1.Sum(file))) //nolint:gosec // the device tells files apart by it
}
