package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// unknown is what stands for what is not known.
const unknown = "unknown"

// number is 1234567 as "1 234 567" for people; unknown if it is.
func number(n *int64) string {
	if n == nil {
		return unknown
	}
	text := strconv.FormatInt(*n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "\u202f" + text[at:]
	}
	return text
}

// rate is "12.5/s"; unknown if it is.
func rate(perSecond *float64) string {
	if perSecond == nil {
		return unknown
	}
	return decimal(*perSecond) + "/s"
}

func percent(p *float64) string {
	if p == nil {
		return unknown
	}
	return decimal(*p) + " %"
}

func decimal(x float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return number(new(int64(n))) + " " + thing + "s"
}

func clusterName(name string) string {
	if name == "" {
		return "the default cluster"
	}
	return "cluster " + name
}

// clock is a time of today, or with its day; all are UTC.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// waits is what a drain waits for.
func (d Drain) waits(now time.Time) string {
	open := "connections that nobody has counted yet"
	if d.Connections != nil {
		open = plural(int(*d.Connections), "connection")
	}
	if !d.Gone {
		return "its pod to end; open: " + open
	}
	return fmt.Sprintf("%s to end, until %s at the latest", open, clock(d.Deadline, now))
}

// until is how long a hold lasts.
func (h Held) until(now time.Time) string {
	if h.Until == nil {
		return "as long as the reason lasts"
	}
	return "until " + clock(*h.Until, now)
}
