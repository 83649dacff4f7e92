package config

import (
	"slices"
	"strings"
	"sync"
)

// Files is the part of the device's disk that objects are made from: what was
// uploaded to /var/config/rest/downloads (icontrol-rest 3.12). Names are shared
// by all users, and a file can be overwritten at any time. It is no part of a
// State: an upload takes no part in transactions.
type Files struct {
	mu      sync.Mutex
	content map[string][]byte
}

// Downloads is the folder of uploaded files.
const Downloads = "/var/config/rest/downloads/"

// Put stores a whole file under its path; it keeps content.
func (f *Files) Put(path string, content []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.content == nil {
		f.content = map[string][]byte{}
	}
	f.content[path] = content
}

// Get is the content of a file, not to be changed.
func (f *Files) Get(path string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.content[path]
	return content, ok
}

// Names are the names of the uploaded files, sorted.
func (f *Files) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := make([]string, 0, len(f.content))
	for path := range f.content {
		names = append(names, strings.TrimPrefix(path, Downloads))
	}
	slices.Sort(names)
	return names
}

// localPath is the path in a sourcePath: "file:/x", "file:///x".
func localPath(source string) (string, bool) {
	path, ok := strings.CutPrefix(source, "file:")
	if !ok || !strings.HasPrefix(path, "/") {
		return "", false
	}
	return "/" + strings.TrimLeft(path, "/"), true
}

// Remove takes a file away.
func (f *Files) Remove(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.content, path)
}
