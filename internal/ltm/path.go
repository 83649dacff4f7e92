package ltm

import (
	"cmp"
	"fmt"
	"strings"
)

// Common is the partition that exists on every BIG-IP and that all others see.
const Common = "Common"

// Path is the full path of an object: /Partition[/folder…]/name. The zero Path
// means "none" (a virtual server without a pool). Paths are comparable.
type Path struct {
	Partition string // "shop", never empty in a valid path
	Folder    string // "", "sub" or "sub/deeper": without slashes at its ends
	Name      string // "web"
}

// NewPath returns /partition/name.
func NewPath(partition, name string) Path { return Path{Partition: partition, Name: name} }

// ParsePath reads a full path such as "/Common/http" or "/shop/sub/web". A bare
// name is refused, because which partition it means depends on who asks; use
// ParsePathIn where that is known.
func ParsePath(text string) (Path, error) {
	if !strings.HasPrefix(text, "/") {
		return Path{}, fmt.Errorf("%q is not a full path: write /Partition/name, for example /%s/%s", text, Common, orDefault(text, "name"))
	}
	parts := strings.Split(text[1:], "/")
	if len(parts) < 2 {
		return Path{}, fmt.Errorf("%q names a partition only: write /Partition/name", text)
	}
	for _, part := range parts {
		if err := checkName(part); err != nil {
			return Path{}, fmt.Errorf("%q is not a path: %w", text, err)
		}
	}
	last := len(parts) - 1
	return Path{Partition: parts[0], Folder: strings.Join(parts[1:last], "/"), Name: parts[last]}, nil
}

// ParsePathIn reads a full path, or a bare name, which is then in partition.
func ParsePathIn(partition, text string) (Path, error) {
	if !strings.HasPrefix(text, "/") {
		text = "/" + partition + "/" + text
	}
	return ParsePath(text)
}

// checkName tells what the device would refuse in one element of a path. The
// device takes almost anything but these (icontrol-rest 2.1, 6.2: HTML tags).
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("an element is empty")
	case name == "." || name == "..":
		return fmt.Errorf("%q is not a name", name)
	case len(name) > 255:
		return fmt.Errorf("a name has %d characters, at most 255 are allowed", len(name))
	}
	for _, r := range name {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`<>{}"'\~`, r) {
			return fmt.Errorf("%q has the character %q, which a BIG-IP does not take in names", name, r)
		}
	}
	return nil
}

// String returns the full path, or "" for the zero Path.
func (p Path) String() string {
	if p.IsZero() {
		return ""
	}
	if p.Folder != "" {
		return "/" + p.Partition + "/" + p.Folder + "/" + p.Name
	}
	return "/" + p.Partition + "/" + p.Name
}

// InPartition is the path below its partition: "name" or "folder/name".
func (p Path) InPartition() string {
	if p.Folder != "" {
		return p.Folder + "/" + p.Name
	}
	return p.Name
}

// IsZero tells that p names nothing.
func (p Path) IsZero() bool { return p == Path{} }

// Compare orders paths by partition, folder and name.
func (p Path) Compare(other Path) int {
	return cmp.Or(cmp.Compare(p.Partition, other.Partition), cmp.Compare(p.Folder, other.Folder), cmp.Compare(p.Name, other.Name))
}

// MarshalText makes a Path readable in JSON.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (p *Path) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Path{}
		return nil
	}
	parsed, err := ParsePath(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}

func orDefault(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
