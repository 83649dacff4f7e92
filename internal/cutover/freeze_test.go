package cutover_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
)

func TestAWindowFreezesWhatIsInsideOfIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		window, at, ends string // "" = outside
	}{
		{"Fri 16:00-Mon 08:00", "2026-11-27T15:59:59Z", ""},
		{"Fri 16:00-Mon 08:00", "2026-11-27T16:00:00Z", "2026-11-30T08:00:00Z"},
		{"Fri 16:00-Mon 08:00", "2026-11-29T12:00:00Z", "2026-11-30T08:00:00Z"},
		{"Fri 16:00-Mon 08:00", "2026-11-30T07:59:59Z", "2026-11-30T08:00:00Z"},
		{"Fri 16:00-Mon 08:00", "2026-11-30T08:00:00Z", ""},
		{"22:00-06:00", "2026-11-24T23:00:00Z", "2026-11-25T06:00:00Z"},
		{"22:00-06:00", "2026-11-24T05:00:00Z", "2026-11-24T06:00:00Z"},
		{"22:00-06:00", "2026-11-24T12:00:00Z", ""},
		{"Fri 16:00-Mon 08:00 Asia/Seoul", "2026-11-27T07:00:00Z", "2026-11-29T23:00:00Z"},
		{"Fri 16:00-Mon 08:00 Asia/Seoul", "2026-11-30T07:00:00Z", ""},
		{"Sat 00:00-Mon 00:00 Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T23:00:00Z"}, // the clock is put back in between
		{"2026-12-20T00:00:00Z/2027-01-02T00:00:00+01:00", "2026-12-24T18:00:00Z", "2027-01-01T23:00:00Z"},
		{"2026-12-20T00:00:00Z/2027-01-02T00:00:00Z", "2027-01-02T00:00:00Z", ""},
	} {
		window, err := cutover.ParseWindow(test.window)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		reason, ends := cutover.Freeze{Windows: []cutover.Window{window}}.At(at)
		got := ""
		if !ends.IsZero() {
			got = ends.UTC().Format(time.RFC3339)
		}
		if got != test.ends || (reason == "") != (test.ends == "") {
			t.Errorf("%s at %s: ends %q (%s), want %q", window, test.at, got, reason, test.ends)
		}
	}
}

func TestTheLongestOfSeveralWindowsIsTold(t *testing.T) {
	t.Parallel()
	var freeze cutover.Freeze
	for _, text := range []string{"22:00-06:00", "Tue 00:00-Thu 00:00", "23:00-23:30"} {
		window, err := cutover.ParseWindow(text)
		if err != nil {
			t.Fatal(err)
		}
		freeze.Windows = append(freeze.Windows, window)
	}
	reason, _ := freeze.At(time.Date(2026, 11, 24, 23, 10, 0, 0, time.UTC))
	if want := "traffic is frozen in the window Tue 00:00-Thu 00:00, until Thu 2026-11-26 00:00 UTC"; reason != want {
		t.Errorf("got %q", reason)
	}
}

func TestWhatIsNoWindowIsRefused(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":                              `it has no "-" between beginning and end`,
		"Friday 16:00-Mon 08:00":        `"Friday 16:00" is no time such as "Fri 16:00" or "16:00"`,
		"Fri 16:00-08:00":               "one side has a day of the week and the other has not",
		"Fri 16:00-Fri 16:00":           "it begins when it ends",
		"24:00-06:00":                   `"24:00" is no time such as "Fri 16:00" or "16:00"`,
		"6:00-07:00":                    `"6:00" is no time such as "Fri 16:00" or "16:00"`,
		"22:00-06:00 Europe/Atlantis":   "its time zone is not known",
		"22:00-06:00 Local":             "its time zone is not known",
		"2026-12-20T00:00:00Z/tomorrow": "its end is no time of RFC 3339",
		"2026-12-20T25:00:00Z/":         "its beginning is no time of RFC 3339",
		"2026-12-20T00:00:00Z/2026-12-20T00:00:00Z": "it ends before it begins",
	} {
		_, err := cutover.ParseWindow(text)
		failure, ok := errors.AsType[*cutover.WindowError](err)
		if !ok || failure.Reason != reason || !strings.Contains(err.Error(), "Fri 16:00-Mon 08:00 Europe/Berlin") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseWindow(f *testing.F) {
	for _, seed := range []string{"Fri 16:00-Mon 08:00 Europe/Berlin", "22:00-06:00", "2026-12-20T00:00:00Z/2027-01-02T00:00:00Z", "-", " "} {
		f.Add(seed, int64(0))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		window, err := cutover.ParseWindow(text)
		if err != nil {
			return
		}
		now := time.Unix(seconds%4e9, 0)
		if reason, ends := (cutover.Freeze{Windows: []cutover.Window{window}}).At(now); reason != "" && !ends.After(now) {
			t.Errorf("%q at %s ends at %s", text, now, ends)
		}
	})
}
