package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// canonical turns a value as a client wrote it into the form it is kept in.
// Writing is lenient as on the device (icontrol-rest 2.5): numbers may be
// strings, lists may be a single word. nil means "unset".
func (f *Field) canonical(value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	switch f.Kind {
	case Enum:
		return f.word(value)
	case Int:
		return f.number(value)
	case Flag:
		return f.flag(value)
	case Strings, Refs:
		return f.list(value)
	case Metadata:
		return f.metadata(value)
	case Persist:
		return f.persist(value)
	case Words:
		return f.words(value)
	case RecordList:
		return f.records(value)
	case JSON:
		return plain(value), nil
	}
	text, ok := scalar(value)
	if !ok {
		return nil, invalidValue(f.Name, compact(value))
	}
	switch f.Kind {
	case Monitor:
		return f.monitorRule(text)
	case Ref:
		text = strings.TrimSpace(text)
	}
	if text == "" || text == "none" {
		return nil, nil
	}
	return text, nil
}

func (f *Field) word(value any) (any, error) {
	text, ok := scalar(value)
	if !ok || !slices.Contains(f.Words, text) {
		return nil, invalidValue(f.Name, compact(value))
	}
	return text, nil
}

func (f *Field) number(value any) (any, error) {
	text, _ := scalar(value)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || (f.Min != 0 || f.Max != 0) && (n < f.Min || n > f.Max) || f.Max == 0 && n < 0 {
		return nil, invalidValue(f.Name, compact(value))
	}
	return n, nil
}

// flag keeps true; false says nothing, for a flag is never false on the device.
func (f *Field) flag(value any) (any, error) {
	switch value {
	case true, "true":
		return true, nil
	case false, "false":
		return nil, nil
	}
	return nil, invalidValue(f.Name, compact(value))
}

func (f *Field) list(value any) (any, error) {
	if text, ok := value.(string); ok {
		if text == "" || text == "none" {
			return nil, nil
		}
		return []string{text}, nil
	}
	items, ok := value.([]any)
	if !ok {
		return nil, invalidValue(f.Name, compact(value))
	}
	words := make([]string, 0, len(items))
	for _, item := range items {
		text, ok := scalar(item)
		if !ok || text == "" {
			return nil, invalidValue(f.Name, compact(item))
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return nil, nil
	}
	return words, nil
}

// words are options of tmsh, written as a list or as one text with or without
// braces; kept as the text "{ a b }".
func (f *Field) words(value any) (any, error) {
	words, err := f.list(value)
	if err != nil || words == nil {
		return nil, err
	}
	text := strings.Join(words.([]string), " ")
	fields := strings.Fields(strings.NewReplacer("{", " ", "}", " ").Replace(text))
	if len(fields) == 0 {
		return nil, nil
	}
	return "{ " + strings.Join(fields, " ") + " }", nil
}

func (f *Field) metadata(value any) (any, error) {
	items, ok := value.([]any)
	if !ok {
		return nil, invalidValue(f.Name, compact(value))
	}
	var entries []MetadataEntry
	for _, item := range items {
		object, _ := item.(map[string]any)
		name, ok := object["name"].(string)
		if !ok || name == "" {
			return nil, missingIdentifier()
		}
		entry := MetadataEntry{Name: name, Persist: "true"}
		if text, ok := scalar(object["persist"]); ok {
			entry.Persist = text
		}
		if entry.Persist != "true" && entry.Persist != "false" {
			return nil, invalidValue("persist", entry.Persist)
		}
		entry.Value, _ = scalar(object["value"])
		entries = append(entries, entry)
	}
	if entries == nil {
		return nil, nil
	}
	slices.SortStableFunc(entries, func(a, b MetadataEntry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// persist reduces the forms of a virtual server's "persist" (name, list of
// names, list of objects) to one path; a virtual server has at most one.
func (f *Field) persist(value any) (any, error) {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	if len(items) == 0 {
		return nil, nil
	}
	if len(items) > 1 {
		return nil, invalidValue(f.Name, compact(value))
	}
	path, ok := itemPath(items[0])
	if !ok {
		return nil, missingIdentifier()
	}
	if path == "" || path == "none" {
		return nil, nil
	}
	return path, nil
}

// itemPath is the name of a list's item: a string, or {name, partition, subPath}.
// A name without partition comes back without a slash.
func itemPath(item any) (string, bool) {
	if text, ok := item.(string); ok {
		return text, true
	}
	object, _ := item.(map[string]any)
	name, ok := object["name"].(string)
	if !ok || name == "" {
		return "", false
	}
	partition, _ := object["partition"].(string)
	if partition == "" || strings.HasPrefix(name, "/") {
		return name, true
	}
	folder := "/" + partition
	if sub, _ := object["subPath"].(string); sub != "" {
		folder += "/" + sub
	}
	return Join(folder, name), true
}

// scalar is a JSON string, number or boolean as text.
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// compact shows a wrong value in a message.
func compact(value any) string {
	if text, ok := scalar(value); ok {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// plain turns json.Number into int64 or float64, all the way down.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		n, _ := v.Float64()
		return n
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = plain(item)
		}
		return items
	case map[string]any:
		object := make(map[string]any, len(v))
		for k, item := range v {
			object[k] = plain(item)
		}
		return object
	}
	return value
}
