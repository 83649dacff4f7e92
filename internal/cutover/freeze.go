package cutover

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the names of time zones, on every machine
)

// Freeze says when no traffic may be moved. The zero Freeze never forbids it.
type Freeze struct {
	Always  bool
	Windows []Window
}

// At tells why now is frozen, "" if it is not, and when that ends; the zero time
// if it is frozen until somebody changes it.
func (f Freeze) At(now time.Time) (reason string, ends time.Time) {
	if f.Always {
		return "traffic is frozen", time.Time{}
	}
	for _, window := range f.Windows {
		if end, inside := window.end(now); inside {
			if end.After(ends) {
				reason, ends = "traffic is frozen in the window "+window.text+", until "+end.Format("Mon 2006-01-02 15:04 MST"), end
			}
		}
	}
	return reason, ends
}

// Window is a span of time: one in every week or day, or one of the calendar.
type Window struct {
	text     string
	from, to mark      // of a window that comes again
	daily    bool      // from and to have no weekday
	begin    time.Time // of a window of the calendar; zero for others
	finish   time.Time
	zone     *time.Location
}

// mark is a moment of a week.
type mark struct {
	day    time.Weekday
	minute int // of the day
}

const week = 7 * 24 * 60

// String is the text that the window was read from.
func (w Window) String() string { return w.text }

// WindowError is a text that is no window.
type WindowError struct {
	Text   string
	Reason string
}

// Error tells what is wrong and what to write.
func (e *WindowError) Error() string {
	return fmt.Sprintf("%q is no window of time: %s. Write \"Fri 16:00-Mon 08:00 Europe/Berlin\", \"22:00-06:00\" for every day, "+
		"or \"2026-12-20T00:00:00Z/2027-01-02T00:00:00Z\"; without a time zone it is UTC", e.Text, e.Reason)
}

// ParseWindow reads the three forms that WindowError names. err is a *WindowError.
func ParseWindow(text string) (Window, error) {
	bad := func(reason string) (Window, error) { return Window{}, &WindowError{Text: text, Reason: reason} }
	if from, to, ok := strings.Cut(text, "/"); ok && strings.Contains(from, "T") {
		begin, err := time.Parse(time.RFC3339, from)
		if err != nil {
			return bad("its beginning is no time of RFC 3339")
		}
		finish, err := time.Parse(time.RFC3339, to)
		if err != nil {
			return bad("its end is no time of RFC 3339")
		}
		if !finish.After(begin) {
			return bad("it ends before it begins")
		}
		return Window{text: text, begin: begin, finish: finish, zone: begin.Location()}, nil
	}
	span, zone, err := cutZone(text)
	if err != nil {
		return bad("its time zone is not known")
	}
	from, to, ok := strings.Cut(span, "-")
	if !ok {
		return bad("it has no \"-\" between beginning and end")
	}
	w := Window{text: text, zone: zone}
	var daily [2]bool
	for i, part := range []string{from, to} {
		at := []*mark{&w.from, &w.to}[i]
		if *at, daily[i], ok = parseMark(strings.TrimSpace(part)); !ok {
			return bad(fmt.Sprintf("%q is no time such as \"Fri 16:00\" or \"16:00\"", strings.TrimSpace(part)))
		}
	}
	switch {
	case daily[0] != daily[1]:
		return bad("one side has a day of the week and the other has not")
	case w.from == w.to:
		return bad("it begins when it ends")
	}
	w.daily = daily[0]
	return w, nil
}

// cutZone takes the time zone off the end of a text; UTC if there is none.
func cutZone(text string) (string, *time.Location, error) {
	span, last := strings.TrimSpace(text), ""
	if at := strings.LastIndexByte(span, ' '); at >= 0 {
		last = span[at+1:]
	}
	if last == "" || strings.Contains(last, ":") {
		return span, time.UTC, nil
	}
	if last == "Local" { // another zone on each machine
		return "", nil, &WindowError{}
	}
	zone, err := time.LoadLocation(last)
	return strings.TrimSpace(strings.TrimSuffix(span, last)), zone, err
}

func parseMark(text string) (at mark, daily, ok bool) {
	day, clock, weekly := strings.Cut(text, " ")
	if !weekly {
		day, clock = "", text
	}
	hours, minutes, colon := strings.Cut(clock, ":")
	h, errH := strconv.Atoi(hours)
	m, errM := strconv.Atoi(minutes)
	if !colon || errH != nil || errM != nil || len(hours) != 2 || len(minutes) != 2 || h < 0 || m < 0 || h > 23 || m > 59 {
		return mark{}, false, false
	}
	at.minute = h*60 + m
	if !weekly {
		return at, true, true
	}
	index := slices.Index([]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}, day)
	at.day = time.Weekday(index)
	return at, false, index >= 0
}

// end tells that now is in the window, and when the window ends. Beginning and
// end are times of the clock on the wall, also where it is put forward or back.
func (w Window) end(now time.Time) (time.Time, bool) {
	if !w.begin.IsZero() {
		return w.finish, !now.Before(w.begin) && now.Before(w.finish)
	}
	there := now.In(w.zone)
	minute := int(there.Weekday())*24*60 + there.Hour()*60 + there.Minute()
	from, to, period := int(w.from.day)*24*60+w.from.minute, int(w.to.day)*24*60+w.to.minute, week
	if w.daily {
		minute, period = minute%(24*60), 24*60
	}
	length, into := (to-from+period)%period, (minute-from+period)%period
	if into >= length {
		return time.Time{}, false
	}
	left := there.Hour()*60 + there.Minute() + length - into
	return time.Date(there.Year(), there.Month(), there.Day(), 0, left, 0, 0, w.zone), true
}
