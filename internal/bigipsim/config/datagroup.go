package config

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Record is one entry of an internal data group (icontrol-rest 3.7).
type Record struct {
	Name string `json:"name"`
	Data string `json:"data"`
}

// Records are the entries of an internal data group, sorted by name.
func Records(dataGroup *Object) []Record {
	records, _ := dataGroup.Get("records").([]Record)
	return records
}

// maxRecordData is the longest data of a record, in bytes.
const maxRecordData = 65520

// records reads a list of records: names, or {name, data}.
func (f *Field) records(value any) (any, error) {
	if text, ok := value.(string); ok && (text == "" || text == "none") {
		return nil, nil
	}
	items, ok := value.([]any)
	if !ok {
		return nil, invalidValue(f.Name, compact(value))
	}
	records := make([]Record, 0, len(items))
	for _, item := range items {
		name, _ := item.(string)
		object, _ := item.(map[string]any)
		if object != nil {
			name, _ = object["name"].(string)
		}
		if name == "" {
			return nil, missingIdentifier()
		}
		data, _ := scalar(object["data"])
		records = append(records, Record{name, data})
	}
	if len(records) == 0 {
		return nil, nil
	}
	return records, nil
}

func createDataGroup(c *Candidate, o *Object, _ Values) error {
	if o.Text("type") == "" {
		return badRequest("01070734:3: Configuration error: Data group %s must have a type", o.Path)
	}
	return c.settleRecords(o)
}

func modifyDataGroup(c *Candidate, _, o *Object, _ Values) error { return c.settleRecords(o) }

// settleRecords brings records into the normal form of their type, sorted.
func (c *Candidate) settleRecords(o *Object) error {
	records := slices.Clone(Records(o))
	if records == nil {
		return nil
	}
	for i, r := range records {
		name, ok := recordName(o.Text("type"), r.Name)
		if !ok {
			return invalidValue("records", r.Name)
		}
		if len(r.Data) > maxRecordData {
			return badRequest("01070712:3: Max string size exceeded during update of attribute:data type:class_value_item max:%d received:%d", maxRecordData, len(r.Data))
		}
		records[i].Name = name
	}
	slices.SortStableFunc(records, func(a, b Record) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(records); i++ {
		if records[i].Name == records[i-1].Name {
			return mcpError(http.StatusConflict, "01020066:3: The requested class %s item (%s %s) already exists in partition %s.", o.Text("type"), o.Path, records[i].Name, Partition(o.Path))
		}
	}
	o.Set["records"] = records
	return nil
}

// recordName is the normal form of a record's name: addresses as CIDR with the
// host bits cleared, the route domain between address and length.
func recordName(kind, name string) (string, bool) {
	switch kind {
	case "integer":
		n, err := strconv.ParseInt(name, 10, 64)
		return strconv.FormatInt(n, 10), err == nil
	case "ip":
		return cidr(name)
	}
	return name, true
}

func cidr(text string) (string, bool) {
	host, length, hasLength := strings.Cut(text, "/")
	host, domain, hasDomain := strings.Cut(host, "%")
	address, err := netip.ParseAddr(host)
	if err != nil || address.Zone() != "" {
		return "", false
	}
	bits := address.BitLen()
	if hasLength {
		if bits, err = strconv.Atoi(length); err != nil {
			return "", false
		}
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return "", false
	}
	if !hasDomain {
		return prefix.String(), true
	}
	if id, err := strconv.ParseUint(domain, 10, 16); err != nil || id > 65534 {
		return "", false
	}
	return prefix.Addr().String() + "%" + domain + "/" + strconv.Itoa(bits), true
}

// dataGroupOptions is ?options=records add|modify|delete|replace-all-with { … }:
// single records instead of the whole list (icontrol-rest 3.7). The answer is
// the list that results.
func dataGroupOptions(_ *Candidate, o *Object, words []string) (map[string]any, error) {
	if len(words) == 2 && words[0] == "records" && words[1] == "none" {
		return map[string]any{"records": []any{}}, nil
	}
	if len(words) < 4 || words[0] != "records" || words[2] != "{" || words[len(words)-1] != "}" {
		return nil, Usage("%q unknown property", strings.Join(words, " "))
	}
	entries, ok := optionRecords(words[3 : len(words)-1])
	if !ok {
		return nil, Usage("%q unknown property", strings.Join(words[3:], " "))
	}
	records := slices.Clone(Records(o))
	for _, entry := range entries {
		if name, ok := recordName(o.Text("type"), entry.Name); ok {
			entry.Name = name
		}
		i := slices.IndexFunc(records, func(r Record) bool { return r.Name == entry.Name })
		switch verb := words[1]; {
		case verb == "replace-all-with":
		case verb == "add" && i < 0:
			records = append(records, entry)
		case verb == "add":
			return nil, mcpError(http.StatusConflict, "01020066:3: The requested class %s item (%s %s) already exists in partition %s.", o.Text("type"), o.Path, entry.Name, Partition(o.Path))
		case verb != "modify" && verb != "delete":
			return nil, Usage("%q unknown property", verb)
		case i < 0:
			return nil, mcpError(http.StatusNotFound, "01020036:3: The requested class %s item (%s %s) was not found.", o.Text("type"), o.Path, entry.Name)
		case verb == "delete":
			records = slices.Delete(records, i, i+1)
		default:
			records[i] = entry
		}
	}
	if words[1] == "replace-all-with" {
		records = entries
	}
	list := make([]any, len(records))
	for i, r := range records {
		list[i] = map[string]any{"name": r.Name, "data": r.Data}
	}
	return map[string]any{"records": list}, nil
}

// optionRecords reads "k { data v } j k2 { }".
func optionRecords(words []string) ([]Record, bool) {
	var records []Record
	for i := 0; i < len(words); i++ {
		if words[i] == "{" || words[i] == "}" {
			return nil, false
		}
		r := Record{Name: words[i]}
		if i+1 < len(words) && words[i+1] == "{" {
			end := slices.Index(words[i:], "}")
			if end < 0 {
				return nil, false
			}
			switch inside := words[i+2 : i+end]; {
			case len(inside) == 0:
			case len(inside) == 2 && inside[0] == "data":
				r.Data = inside[1]
			default:
				return nil, false
			}
			i += end
		}
		records = append(records, r)
	}
	return records, len(records) > 0
}
