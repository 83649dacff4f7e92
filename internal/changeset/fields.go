package changeset

import (
	"reflect"
	"slices"
	"strings"
)

// differing are the JSON names of the fields in which two objects of one kind differ,
// sorted. The path is what they are known by, and none of them.
func differing[T any](from, to T) []string {
	var names []string
	a, b := reflect.ValueOf(from), reflect.ValueOf(to)
	for i := range a.NumField() {
		name := jsonName(a.Type().Field(i))
		if name != "path" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// fieldNamed is the value of the field of that JSON name; nil for none.
func fieldNamed[T any](object T, name string) any {
	v := reflect.ValueOf(object)
	for i := range v.NumField() {
		if jsonName(v.Type().Field(i)) == name {
			return v.Field(i).Interface()
		}
	}
	return nil
}
