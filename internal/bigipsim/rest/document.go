package rest

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// document is a JSON object whose properties keep their order, as the device's
// answers do.
type document struct {
	keys   []string
	values []any
}

func (d *document) add(key string, value any) *document {
	d.keys, d.values = append(d.keys, key), append(d.values, value)
	return d
}

func (d *document) get(key string) any {
	for i, k := range d.keys {
		if k == key {
			return d.values[i]
		}
	}
	return nil
}

// only keeps the named properties, for $select.
func (d *document) only(names map[string]bool) *document {
	kept := &document{}
	for i, key := range d.keys {
		if names[key] {
			kept.add(key, d.values[i])
		}
	}
	return kept
}

func link(href string) *document {
	return (&document{}).add("link", href)
}

// MarshalJSON writes the properties in their order, without the escapes for
// HTML that encoding/json adds.
func (d *document) MarshalJSON() ([]byte, error) {
	return appendJSON(nil, d)
}

func appendJSON(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case *document:
		return appendDocument(b, v)
	case []*document:
		return appendList(b, v)
	case []string:
		return appendList(b, v)
	case string:
		return appendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	}
	return appendOther(b, value)
}

func appendDocument(b []byte, d *document) ([]byte, error) {
	b = append(b, '{')
	var err error
	for i, key := range d.keys {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendString(b, key); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = appendJSON(b, d.values[i]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendList[T any](b []byte, items []T) ([]byte, error) {
	b = append(b, '[')
	var err error
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendJSON(b, item); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendString(b []byte, text string) ([]byte, error) {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x80 {
			return appendOther(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"'), nil
}

func appendOther(b []byte, value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimRight(buffer.Bytes(), "\n")...), nil
}
