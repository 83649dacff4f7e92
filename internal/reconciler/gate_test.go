package reconciler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
)

func TestOnlyADeviceThatRefusedALoginIsAskedSeldom(t *testing.T) {
	t.Parallel()
	gone := errors.New("the token has expired")
	for _, test := range []struct {
		name string
		err  error
		want time.Duration
	}{
		{"a refused login", &engine.DeviceError{Kind: engine.ErrCredentials, Err: &icontrol.LoginError{Username: "helper", Err: gone}}, 30 * time.Second},
		{"a token that is gone again", &engine.DeviceError{Kind: engine.ErrCredentials, Err: gone}, 2 * time.Second},
		{"a login that nobody answered", &engine.DeviceError{Kind: engine.ErrUnreachable, Err: &icontrol.LoginError{Username: "helper", Err: gone}}, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				gate := newDeviceGate()
				gate.saw(test.err)
				began := time.Now()
				gate.probe(ctx, func(context.Context) error { return nil }, func() {
					gate.open()
					cancel()
				})
				if got := time.Since(began); got != test.want {
					t.Errorf("it is asked again after %s, want %s", got, test.want)
				}
			})
		})
	}
}
