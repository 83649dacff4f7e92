package icontrol

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheClientWaitsWhileTheDeviceIsBusy(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]http.HandlerFunc{
		"an asynchronous task":   status(503, busyTask),
		"a web page":             status(503, busyPage),
		"too many requests":      status(429, "{}"),
		"mcpd is lost":           status(500, mcpdLost),
		"path not registered":    status(404, `{"code":404,"message":"Public URI path not registered","kind":":resterrorresponse"}`),
		"the answer to a read":   drop,
		"connection refused":     refuse,
		"a gateway that gave up": status(504, "<html></html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				device := newFakeDevice(t, script(t, busy, busy, ok(webPool)))
				start := time.Now()
				pool, err := device.client().Pools().Get(t.Context(), "/shop/web", nil)
				if err != nil || pool.Name != "web" {
					t.Fatalf("pool %+v, error %v", pool, err)
				}
				if waited := time.Since(start); waited < 375*time.Millisecond || waited > 750*time.Millisecond {
					t.Errorf("waited %s; want between half and all of 250 ms + 500 ms", waited)
				}
			})
		})
	}
}

func TestABusyDeviceEndsTheCallAtTheRetryTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := newFakeDevice(t, status(503, busyTask))
		start := time.Now()
		_, err := device.client().Pools().Get(t.Context(), "/shop/web", nil)
		if !errors.Is(err, ErrBusy) {
			t.Errorf("error %v, want ErrBusy", err)
		}
		if waited := time.Since(start); waited < DefaultRetryTimeout-backoffMax || waited > DefaultRetryTimeout {
			t.Errorf("gave up after %s", waited)
		}
		if calls := len(device.seen()); calls < 10 || calls > 40 {
			t.Errorf("%d requests in two minutes: want a back-off", calls)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := newFakeDevice(t, status(503, busyTask)).client().Pools().Get(ctx, "/shop/web", nil)
		if !errors.Is(err, ErrBusy) {
			t.Errorf("error %v, want the device's last words", err)
		}
		if waited := time.Since(start); waited > 3*time.Second {
			t.Errorf("waited %s beyond the context", waited)
		}
	})
}

func TestRetryAfterIsFollowedWithinBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after := func(seconds string) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", seconds)
				fail(w, 503, busyTask)
			}
		}
		device := newFakeDevice(t, script(t, after("3"), after("3600"), ok(webPool)))
		start := time.Now()
		if _, err := device.client().Pools().Get(t.Context(), "/shop/web", nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 3*time.Second+backoffMax {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestADeviceThatNeverAnsweredIsGivenUpSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := &refusing{}
		c, err := newClient(Config{Address: "192.0.2.1", Token: "T"}.withDefaults(), device)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = c.Pools().Get(t.Context(), "/shop/web", nil)
		if !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUntrusted) {
			t.Errorf("error %v, want ErrUnreachable", err)
		}
		if waited := time.Since(start); device.attempts != firstContactAttempts || waited > 2*time.Second {
			t.Errorf("%d attempts in %s", device.attempts, waited)
		}
	})
}

// refusing is no device at all. Its error is errRefuse unless another is given.
type refusing struct {
	err      error
	attempts int
}

func (r *refusing) RoundTrip(*http.Request) (*http.Response, error) {
	r.attempts++
	if r.err != nil {
		return nil, r.err
	}
	return nil, errRefuse
}

func TestWhatDoesNotHealIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"an unknown name":            &net.DNSError{Err: "no such host", Name: "bigip.invalid", IsNotFound: true},
		"an untrusted certificate":   &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"another host's certificate": &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			device := &refusing{err: failure}
			c, err := newClient(Config{Address: "192.0.2.1", Token: "T"}.withDefaults(), device)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); !errors.Is(err, ErrUnreachable) || device.attempts != 1 {
				t.Errorf("error %v after %d attempts, want ErrUnreachable after 1", err, device.attempts)
			}
		})
	}
}

func TestALostAnswerToAPatchIsFollowedByTheSamePatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := newFakeDevice(t, script(t, drop, status(500, mcpdLost), ok(webPool)))
		if _, err := device.client().Pools().Patch(t.Context(), "/shop/web", PoolBody{SlowRampTime: new(0)}); err != nil {
			t.Fatal(err)
		}
		patch := "PATCH /mgmt/tm/ltm/pool/~shop~web"
		if diff := cmp.Diff([]string{patch, patch, patch}, device.seen()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADeleteThatFindsNothingAfterALostAnswerHasSucceeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := newFakeDevice(t, script(t, drop, status(404, notFound), status(404, notFound)))
		c := device.client()
		if err := c.Pools().Delete(t.Context(), "/shop/web"); err != nil {
			t.Errorf("delete after a lost answer: %v", err)
		}
		if err := c.Pools().Delete(t.Context(), "/shop/web"); !errors.Is(err, ErrNotFound) {
			t.Errorf("delete of what was never there: %v, want ErrNotFound", err)
		}
	})
}

func TestAPatchThatTheDeviceNeverConfirmsIsALostAnswer(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]http.HandlerFunc{
		"no later attempt is answered":    drop,
		"later attempts find it busy":     status(503, busyTask),
		"later attempts do not reach it":  refuse,
		"later attempts are not let in":   status(401, `{"code":401,"message":"no","kind":":resterrorresponse"}`),
		"later attempts end in an error ": status(500, "<html></html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first := true
				device := newFakeDevice(t, func(w http.ResponseWriter, r *http.Request) {
					if first {
						first = false
						panic(errDrop)
					}
					later(w, r)
				})
				_, err := device.client().Pools().Patch(t.Context(), "/shop/web", PoolBody{SlowRampTime: new(0)})
				if _, lost := errors.AsType[*LostAnswerError](err); !lost {
					t.Errorf("error %v, want a lost answer", err)
				}
			})
		})
	}
}

func TestARefusalIsNotRepeated(t *testing.T) {
	t.Parallel()
	device := newFakeDevice(t, script(t, status(400, `{"code":400,"message":"one or more properties must be specified","apiError":26214401}`)))
	if _, err := device.client().Pools().Patch(t.Context(), "/shop/web", PoolBody{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
}

func TestAnAttemptWithoutAnAnswerEndsAtTheRequestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		device := newFakeDevice(t, script(t, hang, ok(webPool)))
		start := time.Now()
		c := device.client(func(c *Config) { c.RequestTimeout = 20 * time.Second })
		if _, err := c.Pools().Get(t.Context(), "/shop/web", nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 20*time.Second || waited > 21*time.Second {
			t.Errorf("took %s", waited)
		}
	})
}

func TestAWriteThatIsNeverAnsweredNamesTheTimeoutAndNotTheCallersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		device := newFakeDevice(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		_, err := device.client().Pools().Patch(t.Context(), "/shop/web", PoolBody{SlowRampTime: new(0)})
		if _, lost := errors.AsType[*LostAnswerError](err); !lost || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 1m15s") {
			t.Errorf("error %v", err)
		}
	})
}

func TestACancelledWriteSaysThatItMayBeDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		device := newFakeDevice(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		_, err := device.client().Pools().Patch(ctx, "/shop/web", PoolBody{SlowRampTime: new(0)})
		if _, lost := errors.AsType[*LostAnswerError](err); !lost || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want a lost answer because of the deadline", err)
		}
	})
}

func TestOneWriteAndAFewReadsAreUnderWayAtATime(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{http.MethodGet: 3, http.MethodPatch: 1} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				arrived := make(chan struct{}, 20)
				release := make(chan struct{})
				device := newFakeDevice(t, func(w http.ResponseWriter, _ *http.Request) {
					arrived <- struct{}{}
					<-release
					ok(webPool)(w, nil)
				})
				c := device.client(func(c *Config) { c.Readers = 3 })
				done := make(chan error, 10)
				for range 10 {
					go func() {
						req := &request{method: method, path: managementRoot + "ltm/pool/~shop~web", effect: idempotent}
						done <- c.do(t.Context(), req, nil)
					}()
				}
				synctest.Wait()
				if len(arrived) != want {
					t.Errorf("%d requests at the device, want %d", len(arrived), want)
				}
				close(release)
				for range 10 {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}
