package icontrol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Int is a number that some properties and some releases write as a string
// (icontrol-rest 2.5). An empty string is 0.
type Int int64

// UnmarshalJSON implements [json.Unmarshaler].
func (i *Int) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `"`))
	if text == "" || text == "null" {
		*i = 0
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%s is not an integer", data)
	}
	*i = Int(n)
	return nil
}

// Flag is a tmsh flag: true when set, absent when not; or one of the many words
// that mean so: "true", "yes", "enabled" (icontrol-rest 2.6).
type Flag bool

// UnmarshalJSON implements [json.Unmarshaler].
func (f *Flag) UnmarshalJSON(data []byte) error {
	switch strings.Trim(string(data), `"`) {
	case "true", "yes", "enabled":
		*f = true
	default:
		*f = false
	}
	return nil
}

// Word is a string that the device pads or writes as a number: monitor rules
// had a trailing blank before release 14 (icontrol-rest 3.1).
type Word string

// UnmarshalJSON implements [json.Unmarshaler].
func (w *Word) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '"' {
		*w = Word(data)
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*w = Word(strings.TrimSpace(text))
	return nil
}

// Object is what every object begins with (icontrol-rest 2.4).
type Object struct {
	Name      string `json:"name,omitempty"`
	Partition string `json:"partition,omitempty"`
	SubPath   string `json:"subPath,omitempty"`
	FullPath  string `json:"fullPath,omitempty"`
}

// Subcollection is the reference to a list inside an object. Items is empty
// when the list is, and when the answer was not expanded.
type Subcollection[T any] struct {
	Items []T `json:"items"`
}
