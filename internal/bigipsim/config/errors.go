package config

import (
	"fmt"
	"net/http"
)

// apiError numbers name the layer that refused (icontrol-rest 6.1).
const (
	APIErrorICRD        = 1
	APIErrorTransaction = 2
	APIErrorMCP         = 3
	APIErrorUsage       = 26214401
)

// Error is a refusal in the device's own words.
type Error struct {
	Status  int    // HTTP status
	API     int    // the field apiError
	Message string // complete, with the 8-hex code where mcpd speaks
}

func (e *Error) Error() string { return e.Message }

func mcpError(status int, format string, args ...any) *Error {
	return &Error{Status: status, API: APIErrorMCP, Message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *Error {
	return mcpError(http.StatusBadRequest, format, args...)
}

// Usage is a refusal of tmsh's grammar: 400 with apiError 26214401.
func Usage(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, API: APIErrorUsage, Message: fmt.Sprintf(format, args...)}
}

// NotFound is the answer of mcpd for an object that is not there: 404, 01020036.
// Monitors answer with icrd's text instead (icontrol-rest 3.9).
func NotFound(t *Type, parent, path string) *Error {
	switch t.Object {
	case "monitor":
		return ObjectNotFound(path)
	case poolMember:
		return mcpError(http.StatusNotFound, "01020036:3: The requested Pool Member (%s %s) was not found.", parent, t.spaced(path))
	}
	return mcpError(http.StatusNotFound, "01020036:3: The requested %s (%s) was not found.", t.Noun, path)
}

// ObjectNotFound is the answer of icrd for an object that is not there.
func ObjectNotFound(path string) *Error {
	return &Error{Status: http.StatusNotFound, API: APIErrorICRD, Message: "Object not found - " + path}
}

// FolderNotFound is the answer to a name in a folder that does not exist.
func FolderNotFound(folder string) *Error {
	return Usage("The requested folder (%s) was not found.", folder)
}

func alreadyExists(t *Type, parent, path string) *Error {
	what := path
	if t.Parent != nil {
		what = parent + " " + path
	}
	if t.Object == poolMember {
		what = parent + " " + t.spaced(path)
	}
	where := Partition(path)
	if where == "" {
		where = "Common"
	}
	return mcpError(http.StatusConflict, "01020066:3: The requested %s (%s) already exists in partition %s.", t.Noun, what, where)
}

func dangling(noun, path string) *Error {
	return badRequest("01070277:3: The requested %s (%s) was not found.", noun, path)
}

func invalidValue(field string, value any) *Error {
	return Usage("invalid property value %q:%q", kebab(field), fmt.Sprint(value))
}

func missingIdentifier() *Error {
	return Usage("one or more configuration identifiers must be provided")
}
