package rest

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// uploads are the files that arrive in chunks at
// /mgmt/shared/file-transfer/uploads (icontrol-rest 3.12). A file that is whole
// goes to config.Files, over whatever had its name.
type uploads struct {
	mu     sync.Mutex
	byName map[string]*upload
}

// upload is a file of which chunks are missing.
type upload struct {
	content  []byte
	received map[int64]int64 // length of each chunk by its start
}

// contentRange is "<start>-<end>/<total>", the end inclusive; a leading "bytes "
// is tolerated.
func contentRange(header string) (start, end, total int64, ok bool) {
	span, size, found := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	first, last, dashed := strings.Cut(span, "-")
	if !found || !dashed {
		return 0, 0, 0, false
	}
	numbers := make([]int64, 3)
	for i, text := range []string{first, last, size} {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
		if err != nil {
			return 0, 0, 0, false
		}
		numbers[i] = int64(n)
	}
	start, end, total = numbers[0], numbers[1], numbers[2]
	return start, end, total, start <= end && end < total && total <= maxBody
}

// uploadChunk is POST of one chunk. The words of the refusals are inferred.
func (s *Server) uploadChunk(r *request, name string) (int, *document, error) {
	if r.Method != http.MethodPost || name == "" || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return 0, nil, notRegistered("/" + strings.Join(r.path, "/"))
	}
	start, end, total, ok := contentRange(r.Header.Get("Content-Range"))
	if !ok {
		return 0, nil, &restError{status: http.StatusBadRequest, message: "Content-Range header is missing or malformed: " + r.Header.Get("Content-Range")}
	}
	chunk, err := io.ReadAll(r.Body)
	if err != nil || int64(len(chunk)) != end-start+1 {
		return 0, nil, &restError{status: http.StatusBadRequest, message: "Content-Range does not match the length of the chunk: " + r.Header.Get("Content-Range")}
	}
	u := s.uploads.add(name, start, total, chunk)
	missing := total
	chunks := &document{}
	for _, at := range slices.Sorted(maps.Keys(u.received)) {
		missing -= u.received[at]
		chunks.add(strconv.FormatInt(at, 10), u.received[at])
	}
	if missing = max(missing, 0); missing == 0 {
		s.db.Files().Put(config.Downloads+name, u.content)
	}
	return http.StatusOK, (&document{}).
		add("remainingByteCount", missing).
		add("usedChunks", chunks).
		add("totalByteCount", total).
		add("localFilePath", config.Downloads+name).
		add("temporaryFilePath", config.Downloads+"tmp/"+name).
		add("generation", 0).
		add("lastUpdateMicros", s.now().UnixMicro()), nil
}

// add notes a chunk and returns a copy of the upload; once it is whole it is
// forgotten. A chunk at 0, or of another size, begins anew.
func (u *uploads) add(name string, start, total int64, chunk []byte) upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byName == nil {
		u.byName = map[string]*upload{}
	}
	file := u.byName[name]
	if file == nil || start == 0 || int64(len(file.content)) != total {
		file = &upload{content: make([]byte, total), received: map[int64]int64{}}
		u.byName[name] = file
	}
	copy(file.content[start:], chunk)
	file.received[start] = int64(len(chunk))
	seen := upload{content: file.content, received: map[int64]int64{}}
	var sum int64
	for at, length := range file.received {
		seen.received[at] = length
		sum += length
	}
	if sum >= total {
		delete(u.byName, name)
	}
	return seen
}
