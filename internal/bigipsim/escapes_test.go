package bigipsim

import "testing"

func TestTheEscapesOfAMonitorsStringAreWhatGoesOverTheWire(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`GET /\r\n`:      "GET /\r\n",
		`a\tb\\r\"c\'`:   "a\tb\\r\"c'",
		`say \x22no\x22`: `say "no"`,
		`\042\\x22`:      `"\x22`,
		`\x2`:            `\x2`, // no number: as it stands
		`end\`:           `end\`,
	} {
		if got := unescape(text); got != want {
			t.Errorf("%s is sent as %q, want %q", text, got, want)
		}
	}
}
