package reconciler

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

func TestAChangedRuleIsOneTransactionThatTouchesThePolicyOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	s.ingress("web", "", "/=web", "/api=api")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.serves(plainServer, "/api shop_api_http", "/api/ shop_api_http", "shop_web_http")
	helper := s.follow(s.options("shop"), 1)
	s.sim.ClearRequests()

	start := time.Now()
	s.ingress("web", "", "/=web", "/v2=api")
	s.serves(plainServer, "/v2 shop_api_http", "/v2/ shop_api_http", "shop_web_http")
	if took := time.Since(start); took > time.Second {
		t.Errorf("the device had it after %s", took)
	} else {
		t.Logf("the device had it after %s", took)
	}
	eventually(t, func() bool { return strings.Contains(helper.log.String(), "routes written") }, func() string { return "it is not logged" })
	writes := s.writes()
	if len(writes) != 3 || !strings.HasPrefix(writes[0], "POST transaction") || !strings.HasPrefix(writes[1], "PATCH ltm/policy/~shop~203.0.113.10_80") || !strings.HasPrefix(writes[2], "PATCH transaction/") {
		t.Errorf("it is written so: %v", writes)
	}
	s.isTold("Ingress", "web", routesWritten, "written to the virtual servers at 203.0.113.10")
}

func TestABackendMoreComesWithItsMembersAndOneLessGoesWithItsPool(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	s.ingress("web", "", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.follow(s.options("shop"), 1)
	s.has("shop_web_http 1*enabled")
	s.sim.ClearRequests()
	s.ingress("web", "", "/=web", "/api=api")
	s.serves(plainServer, "/api shop_api_http", "/api/ shop_api_http", "shop_web_http")
	s.has("shop_api_http 1*enabled", "shop_web_http 1*enabled")
	if writes := s.writes(); len(writes) != 4 || !strings.HasPrefix(writes[1], "POST ltm/pool") || !strings.HasPrefix(writes[2], "PATCH ltm/policy/") {
		t.Errorf("it is written so: %v", writes)
	}
	// The pool is followed like all that are bound.
	must(t, s.cp.Scale(t.Context(), s.namespace, "api", 2))
	s.has("shop_api_http 1*enabled 1*enabled", "shop_web_http 1*enabled")

	s.ingress("web", "", "/=web")
	s.has("shop_web_http 1*enabled")
	s.serves(plainServer, "shop_web_http")
}

func TestARenewedCertificateIsShownWithinTwoSecondsAndNoHandshakeFails(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web")
	cert, key := certificate(t, 1)
	s.secret("web-tls", cert, key)
	s.ingress("web", "web-tls", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	helper := s.follow(s.options("shop"), 1)
	if serial, err := s.shows(t); err != nil || serial != 1 {
		t.Fatalf("it shows %d, %v", serial, err)
	}
	var failed, handshakes atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.shows(t); err != nil {
					failed.Add(1)
				}
				handshakes.Add(1)
			}
		})
	}
	start := time.Now()
	cert, key = certificate(t, 2)
	s.secret("web-tls", cert, key)
	serial := int64(0)
	eventually(t, func() bool { serial, _ = s.shows(t); return serial == 2 }, func() string { return fmt.Sprintf("it shows %d", serial) })
	took := time.Since(start)

	_, wrong := certificate(t, 3)
	other, _ := certificate(t, 4)
	s.isTold("Ingress", "web", routesWritten, "written to") // its last requests take away what was uploaded
	s.sim.ClearRequests()
	s.secret("web-tls", other, wrong)
	s.isTold("Ingress", "web", routeProblem, "the key in tls.key does not belong to the certificate in tls.crt")
	close(stop)
	load.Wait()
	if serial, err := s.shows(t); err != nil || serial != 2 {
		t.Errorf("with a wrong key it shows %d, %v", serial, err)
	}
	if writes := s.writes(); len(writes) != 0 {
		t.Errorf("a wrong key is written: %v", writes)
	}
	if failed.Load() > 0 || took > 2*time.Second || handshakes.Load() == 0 {
		t.Errorf("%d of %d handshakes failed, it took %s", failed.Load(), handshakes.Load(), took)
	}
	t.Logf("%d handshakes, none failed; the new certificate was there after %s", handshakes.Load(), took)
	if log := helper.log.String() + helper.scrape(); strings.Contains(log, "BEGIN") || !strings.Contains(log, `bigipkube_route_problems{address="203.0.113.10"`) {
		t.Error("the log has a key, or the metrics no problem")
	}
}

func TestAnIngressThatIsGoneIsHeldAndThenKeepsNoMoreThanItsBinding(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	s.ingress("web", "", "/=web")
	s.ingress("api", "", "/api=api")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.apply(s.owner(ingress.KindIngress, "api"), siteOptions())
	o := s.options("shop")
	o.Hold = 2 * time.Second
	helper := s.follow(o, 2)
	all := []string{"/api shop_api_http", "/api/ shop_api_http", "shop_web_http"}
	s.serves(plainServer, all...)

	deleted := time.Now()
	must(t, s.cp.Client().NetworkingV1().Ingresses(s.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	eventually(t, func() bool { return strings.Contains(helper.log.String(), "wants nothing any more") }, func() string { return "nothing is held" })
	s.serves(plainServer, all...)
	s.serves(plainServer, all[:2]...)
	if held := time.Since(deleted); held < o.Hold {
		t.Errorf("the rules went after %s", held)
	}
	s.has("shop_api_http 1*enabled")

	s.ingress("web", "", "/=web")
	s.serves(plainServer, all...)
	s.has("shop_api_http 1*enabled", "shop_web_http 1*enabled")
}

func TestAServiceThatIsGoneIsHeldBeforeItsRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web")
	s.ingress("web", "", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	o := s.options("shop")
	o.Hold = time.Second
	helper := s.follow(o, 1)
	deleted := time.Now()
	must(t, s.cp.Client().CoreV1().Services(s.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	eventually(t, func() bool { return strings.Contains(helper.log.String(), "held: what is served goes on") }, func() string { return "nothing is held" })
	s.serves(plainServer)
	if held := time.Since(deleted); held < o.Hold {
		t.Errorf("the rule went after %s", held)
	}
	s.isTold("Ingress", "web", routesHeld, "does not exist")
}

func TestWhatIsStrictIsNotWrittenInParts(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	s.ingress("web", "", "/=web")
	options := siteOptions()
	options.Strict = true
	s.apply(s.owner(ingress.KindIngress, "web"), options)
	s.ingress("api", "", "/api=api")
	s.apply(s.owner(ingress.KindIngress, "api"), siteOptions())
	helper := s.follow(s.options("shop"), 2)
	s.sim.ClearRequests()
	s.ingress("web", "", "/=web", "/more=api", "/none=none")
	s.isTold("Ingress", "web", routesRefused, "stay as they are, because there are problems and strict is set")
	if !strings.Contains(helper.scrape(), `condition="refused"`) || len(s.writes()) != 0 {
		t.Errorf("written: %v; the metrics are\n%s", s.writes(), helper.scrape())
	}
	// Another owner at the same address goes on.
	s.ingress("api", "", "/v2=api")
	s.serves(plainServer, "/v2 shop_api_http", "/v2/ shop_api_http", "shop_web_http")
	s.ingress("web", "", "/=web", "/more=api")
	s.serves(plainServer, "/more shop_api_http", "/more/ shop_api_http", "/v2 shop_api_http", "/v2/ shop_api_http", "shop_web_http")
}

// Each of both writes the whole policy. Whoever is last has read what the other wrote, or
// is told of it.
func TestAnApplyAndTheHelperAtTheSameTimeEndInTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	s.ingress("web", "", "/=web")
	s.ingress("api", "", "/api=api")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.apply(s.owner(ingress.KindIngress, "api"), siteOptions())
	o := s.options("shop")
	o.Resync = 2 * time.Second
	s.follow(o, 2)
	for i := range 5 {
		path := fmt.Sprintf("/v%d", i)
		var both sync.WaitGroup
		both.Go(func() { s.ingress("web", "", "/=web", path+"=web") })
		both.Go(func() { s.apply(s.owner(ingress.KindIngress, "api"), siteOptions()) })
		both.Wait()
		s.serves(plainServer, "/api shop_api_http", "/api/ shop_api_http", path+" shop_web_http", path+"/ shop_web_http", "shop_web_http")
	}
	// What an apply has decided anew is taken up.
	options := siteOptions()
	options.Strict = true
	s.apply(s.owner(ingress.KindIngress, "api"), options)
	options.Strict = false
	s.ingress("api", "", "/v9=api", "/none=none")
	s.isTold("Ingress", "api", routesRefused, "strict")
}

func TestOnceSyncsRoutesBeforeThePoolsThatTheyMake(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	s.ingress("web", "", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.ingress("web", "", "/=web", "/api=api", "/none=none")
	o := s.options("shop")
	o.DryRun = true
	owner := "ingress " + s.namespace + "/web at 203.0.113.10 in shop"
	output, log, err := s.run(o)
	if err != nil || !strings.Contains(output, `"routes": "`+owner) || !strings.Contains(output, `"+ pool /shop/`+s.namespace+`_api_http"`) || !strings.Contains(output, "Service "+s.namespace+"/none does not exist") {
		t.Errorf("%v\n%s\n%s", err, output, log)
	}
	s.has("shop_web_http 1*enabled")
	o.DryRun, o.Once = false, true
	output, log, err = s.run(o)
	if err != nil || !strings.Contains(output, owner+": ") || !strings.Contains(output, "written, 1 problem") || !strings.Contains(output, "_api_http: 0 changes written") {
		t.Errorf("%v\n%s\n%s", err, output, log)
	}
	s.has("shop_api_http 1*enabled", "shop_web_http 1*enabled")
	must(t, s.cp.Client().NetworkingV1().Ingresses(s.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	output, log, err = s.run(o)
	if pending, ok := errors.AsType[*PendingError](err); !ok || pending.Routes != 1 || !strings.Contains(output, "held: "+strings.TrimSuffix(owner, " at 203.0.113.10 in shop")+" wants nothing any more") {
		t.Errorf("%v\n%s\n%s", err, output, log)
	}
}
