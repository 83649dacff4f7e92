package reconciler

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/browser"
)

// screenshotsVariable names a folder for what the test sees: docs/images of the guide.
const screenshotsVariable = "BIGIPKUBE_SCREENSHOTS"

// TestACutoverUnderLoadIsWatchedThroughThePage turns the dial from blue to green, as an
// apply does, while clients send requests, and looks on in a browser.
func TestACutoverUnderLoadIsWatchedThroughThePage(t *testing.T) {
	t.Parallel()
	c := newCanary(t, 0)
	o := c.options("shop")
	o.Stats.Interval, o.Stats.Window = time.Second, 4*time.Second
	helper := c.follow(o)
	stop, loaded := make(chan struct{}), sync.WaitGroup{}
	loaded.Go(func() {
		for tick := time.NewTicker(200 * time.Millisecond); ; {
			select {
			case <-tick.C:
			case <-stop:
				tick.Stop()
				return
			}
			if answered := send(16, c.sim.Listener("/shop/shop")); answered != 16 {
				t.Errorf("%d of 16 requests were answered", answered)
			}
		}
	})
	defer loaded.Wait()
	defer close(stop)

	b := browser.Start(t)
	b.Look(1280, 1000, false)
	b.Open(helper.url())
	const cells = `[...document.querySelectorAll('table.backends tbody tr')].map((r) => r.cells[2].textContent + ' ' + parseFloat(r.cells[3].textContent)).join(' ')`
	b.Until(cells + `.startsWith('75 % ')`)
	b.Until(`!(` + cells + `).includes('NaN')`)
	var before string
	b.Eval(cells, &before)
	shares := strings.Fields(before)
	if blue, err := strconv.ParseFloat(shares[2], 64); err != nil || blue < 60 || blue > 90 || shares[3] != "25" {
		t.Errorf("before: %s", before)
	}
	shot(t, b, "page.png")
	b.Look(1280, 1000, true)
	shot(t, b, "page-dark.png")
	b.Look(1280, 1000, false)

	c.rest(http.MethodPatch, "ltm/pool/~shop~shop", map[string]any{"description": c.mark(0, 1)})
	b.Until(`document.getElementById('told').textContent.includes('bound to blue (` + c.namespace + `/blue:http) with share 0, green (` + c.namespace + `/green:http) with share 1')`)
	b.Until(cells + ` === '0 % 0 100 % 100'`)
	b.Until(`[...document.querySelectorAll('table.members tbody tr')].filter((r) => r.cells[0].textContent === 'standby').length === 3`)
	if problems := b.Problems(); len(problems) > 0 {
		t.Errorf("the page complains: %s", strings.Join(problems, "\n"))
	}
}

func shot(t *testing.T, b *browser.Browser, name string) {
	t.Helper()
	content := b.Screenshot()
	if folder := os.Getenv(screenshotsVariable); folder != "" {
		must(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
}
