package page

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/browser"
)

// screenshots, with -screenshots=DIR, keeps what the tests look at.
var screenshots = flag.String("screenshots", "", "folder to write the screenshots to")

// axeScript is what "make axe" fetches; the version is the Makefile's.
const axeScript = "../../../.cache/axe-core-4.14.1/node_modules/axe-core/axe.min.js"

func axe(t *testing.T) []byte {
	t.Helper()
	script, err := os.ReadFile(axeScript)
	if err != nil {
		t.Fatalf("axe-core is missing, run \"make axe\": %v", err)
	}
	return script
}

// shoot takes a screenshot, and looks at whether it is light or dark, and not empty.
func shoot(t *testing.T, b *browser.Browser, name string, dark bool) {
	t.Helper()
	content := b.Screenshot()
	if *screenshots != "" {
		if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	bright, colours := looks(picture)
	if dark != (bright < 0.35) || !dark && bright < 0.65 || colours < 10 {
		t.Errorf("%s: brightness %.2f with %d colours", name, bright, colours)
	}
}

// looks is how bright a picture is, of 1, and how many colours it has.
func looks(p image.Image) (bright float64, colours int) {
	seen := map[[3]uint32]bool{}
	var sum, n float64
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y += 3 {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x += 3 {
			r, g, b, _ := p.At(x, y).RGBA()
			seen[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
			sum += float64(r+g+b) / 3 / 0xffff
			n++
		}
	}
	return sum / n, len(seen)
}

func TestThePageIsReadableAndWithoutFaultsWithThreeAndWithAThousandMembersInLightAndInDark(t *testing.T) {
	t.Parallel()
	script := axe(t)
	b := browser.Start(t)
	for name, status := range map[string]*Status{"page-3": shop(3), "page-1000": shop(1000), "page-trouble": troubled()} {
		server, _ := serve(t, &board{status: status}, Loopback{})
		for _, dark := range []bool{false, true} {
			b.Look(1280, 900, dark)
			b.Open(server.URL)
			b.Until(`document.getElementById('live').textContent === 'Live.'`)
			shot := name
			if dark {
				shot += "-dark"
			}
			shoot(t, b, shot, dark)
			for _, fault := range b.Faults(script) {
				t.Errorf("%s: %s", shot, fault)
			}
			b.Eval(`document.querySelectorAll('details').forEach((d) => { d.open = true }); true`, nil)
			if name != "page-1000" {
				for _, fault := range b.Faults(script) {
					t.Errorf("%s, unfolded: %s", shot, fault)
				}
			}
		}
		b.Look(420, 900, false)
		var wide bool
		if b.Eval(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &wide); wide {
			t.Errorf("%s: a narrow window scrolls sideways", name)
		}
		shoot(t, b, name+"-narrow", false)
	}
	if problems := b.Problems(); len(problems) > 0 {
		t.Errorf("the page complains: %s", strings.Join(problems, "\n"))
	}
}

func TestThePageFollowsWhatHappensAndKeepsWhatSomebodyHasUnfoldedAndLooksFor(t *testing.T) {
	t.Parallel()
	source := &board{status: shop(100)}
	server, hub := serve(t, source, Loopback{})
	b := browser.Start(t)
	b.Look(1280, 900, false)
	b.Open(server.URL)
	b.Until(`document.getElementById('live').textContent === 'Live.'`)
	b.Eval(`document.querySelector('details').open = true; document.querySelector('#q').focus(); true`, nil)
	b.Type("00042")
	b.Until(`document.getElementById('found').textContent === '1 member found.'`)
	b.Eval(`window.kept = document.getElementById('m:/shop/shop:10.244.0.43:8080'); true`, nil)

	next := shop(100)
	next.Pools[0].Members = append(next.Pools[0].Members[:3:3], next.Pools[0].Members[4:]...)
	next.Pools[0].Members[41].State, next.Pools[0].Members[41].CurrentConnections = StateDown, new(int64(77))
	next.Changes = append([]Change{{time.Now(), "/shop/shop", "member 10.244.0.4:8080 removed", "its endpoint is gone", false}}, next.Changes...)
	source.set(next)
	hub.Changed()
	b.Until(`document.getElementById('told').textContent === '/shop/shop: member 10.244.0.4:8080 removed (its endpoint is gone)'`)
	b.Until(`window.kept.querySelector('.state').textContent === 'down'`)
	var got []string
	b.Eval(`[
		String(window.kept.isConnected), String(window.kept.hidden), window.kept.cells[7].textContent,
		String(document.querySelector('details').open), document.activeElement.id, document.querySelector('#q').value,
		String(document.getElementById('m:/shop/shop:10.244.0.4:8080')), document.querySelector('#changes tbody tr').cells[2].textContent,
		String(document.querySelectorAll('table.members tbody tr:not([hidden])').length),
	]`, &got)
	want := "true false 77 true q 00042 null member 10.244.0.4:8080 removed 2" // it is among those to look at, too
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}

	told := `document.getElementById('told').textContent`
	source.set(func() *Status { s := *next; s.Device.Counted = new(noon.Add(time.Second)); return &s }())
	hub.Changed()
	b.Until(`document.getElementById('vital').textContent.includes('12:00:01')`)
	var text string
	if b.Eval(told, &text); !strings.Contains(text, "removed") {
		t.Errorf("that a counter went on is told: %q", text)
	}
	server.CloseClientConnections()
	server.Listener.Close()
	b.Until(`document.getElementById('live').textContent === 'The helper does not answer: this is what it said last.'`)
}

func TestWithoutScriptsThePageIsWholeAndCanBeSearched(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, &board{status: shop(1000)}, Loopback{})
	b := browser.Start(t)
	b.Scripts(false)
	b.Look(1280, 900, false)
	b.Open(server.URL)
	b.Press("Tab") // to the link that skips, to the search
	b.Press("Tab")
	b.Type("node-07 eu-1b")
	b.Press("Enter")
	b.Scripts(true)
	b.Until(`location.search === '?q=node-07+eu-1b' && document.readyState === 'complete'`)
	var rows int
	if b.Eval(`document.querySelectorAll('table.members tbody tr').length`, &rows); rows != 17 {
		t.Errorf("%d rows", rows)
	}
	var found string
	if b.Eval(`document.getElementById('found').textContent`, &found); found != fmt.Sprintf("%d members found.", rows) {
		t.Error(found)
	}
}
