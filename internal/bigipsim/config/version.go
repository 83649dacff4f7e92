package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a TMOS version such as "17.1.1". The zero value is older than all.
type Version struct {
	text         string
	major, minor int
}

// ParseVersion reads "MAJOR.MINOR[.MAINTENANCE[.POINT]]".
func ParseVersion(text string) (Version, error) {
	parts := strings.Split(text, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return Version{}, fmt.Errorf("TMOS version %q: want a form like 17.1.1", text)
	}
	numbers := make([]int, len(parts))
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("TMOS version %q: %q is not a number", text, part)
		}
		numbers[i] = int(n)
	}
	return Version{text: text, major: numbers[0], minor: numbers[1]}, nil
}

// String is the version as it was given; it stands in every link as ver=.
func (v Version) String() string { return v.text }

// AtLeast says whether v is major.minor or newer.
func (v Version) AtLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}
