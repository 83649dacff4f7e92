package icontrol

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// DefaultPageSize is the number of objects asked for at a time. restjavad's
// heap is small, and a pool with its members may be 50 kB (icontrol-rest 9).
const DefaultPageSize = 100

// createAttempts bounds how often a POST is repeated after its answer was lost
// and the object was not found.
const createAttempts = 3

// Collection is one kind of object on the device: its path, and the shape of
// its answers. Objects are named by full path, "/Partition/folder/name".
type Collection[T any] struct {
	client *Client
	path   string // "/mgmt/tm/ltm/pool"

	// skeleton tells an answer that stands for an object that does not exist.
	// Releases up to 12 answer so for members (icontrol-rest 4.2). May be nil.
	skeleton func(T) bool
}

// resource is any [Collection], for a [Transaction].
type resource interface {
	root() string
	object(fullPath string) string
}

func (c Collection[T]) root() string                  { return c.path }
func (c Collection[T]) object(fullPath string) string { return c.path + "/" + encodeName(fullPath) }

// Expand asks for the members of a pool, the profiles and policies of a virtual
// server, in the same answer (icontrol-rest 2.2).
var Expand = url.Values{"expandSubcollections": {"true"}}

// Get reads one object. query may be nil, [Expand] or [Select]. errors.Is(err,
// ErrNotFound) when it does not exist.
func (c Collection[T]) Get(ctx context.Context, fullPath string, query url.Values) (T, error) {
	var out T
	req := &request{method: http.MethodGet, path: c.object(fullPath), query: query, effect: harmless}
	if err := c.client.do(ctx, req, &out); err != nil {
		return out, err
	}
	if c.skeleton != nil && c.skeleton(out) {
		return out, &Error{
			Method: req.method, Path: req.path, StatusCode: http.StatusOK,
			Message: "the answer is the skeleton of an object that does not exist", kind: ErrNotFound,
		}
	}
	return out, nil
}

// Select asks for some properties alone. The device is known to follow it on
// collections (icontrol-rest 2.2); where it does not, the answer has the others too.
func Select(properties ...string) url.Values {
	return url.Values{"$select": {strings.Join(properties, ",")}}
}

// ListOptions narrows a list.
type ListOptions struct {
	// Partition keeps the objects of one partition, its folders included. It
	// must exist: the device refuses an unknown one with ErrInvalid. "": all.
	Partition string
	// Expand asks for sub-collections in the same answer.
	Expand bool
	// Select names the properties that are wanted; nil: all.
	Select []string
	// PageSize is the number of objects per answer. 0: DefaultPageSize.
	PageSize int
	// Skip leaves out so many objects at the beginning.
	Skip int
}

func (o ListOptions) query() url.Values {
	q := url.Values{}
	if o.Partition != "" {
		q.Set("$filter", "partition eq "+o.Partition)
	}
	if o.Expand {
		q.Set("expandSubcollections", "true")
	}
	if len(o.Select) > 0 {
		q.Set("$select", strings.Join(o.Select, ","))
	}
	if o.PageSize == 0 {
		o.PageSize = DefaultPageSize
	}
	q.Set("$top", strconv.Itoa(o.PageSize))
	if o.Skip > 0 {
		q.Set("$skip", strconv.Itoa(o.Skip))
	}
	return q
}

// List reads all objects, page by page. A missing list of items is an empty one.
func (c Collection[T]) List(ctx context.Context, opts ListOptions) ([]T, error) {
	var all []T
	for query := opts.query(); query != nil; {
		items, nextLink, err := c.page(ctx, query)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		query = nextQuery(query, nextLink, len(items))
	}
	return all, nil
}

// Page reads PageSize objects after Skip, and tells whether more follow them.
func (c Collection[T]) Page(ctx context.Context, opts ListOptions) (items []T, more bool, err error) {
	items, nextLink, err := c.page(ctx, opts.query())
	return items, nextLink != "" && len(items) > 0, err
}

func (c Collection[T]) page(ctx context.Context, query url.Values) (items []T, nextLink string, err error) {
	var page struct {
		Items    []T    `json:"items"`
		NextLink string `json:"nextLink"`
	}
	err = c.client.get(ctx, c.path, query, &page)
	return page.Items, page.NextLink, err
}

// nextQuery takes the query of nextLink and nothing else: its host is always
// localhost (icontrol-rest 2.3). An empty page or a page twice ends the list.
func nextQuery(current url.Values, nextLink string, items int) url.Values {
	if nextLink == "" || items == 0 {
		return nil
	}
	link, err := url.Parse(nextLink)
	if err != nil {
		return nil
	}
	next := link.Query()
	if next.Get("$skip") == current.Get("$skip") {
		return nil
	}
	return next
}

// Create makes an object with a POST and returns what the device answers.
// fullPath is the object's name in body. errors.Is(err, ErrExists) when it was
// there before.
//
// When the answer is lost, the object is looked up before the POST is repeated
// (icontrol-rest 9: restjavad may finish what it answered with a timeout). Found
// means created; so does "exists already" after that. [*LostAnswerError] when
// that cannot be found out either.
func (c Collection[T]) Create(ctx context.Context, fullPath string, body any) (T, error) {
	var out T
	req, err := newPost(c.path, body, once)
	if err != nil {
		return out, err
	}
	for attempt := 1; ; attempt++ {
		lostBefore := req.answerLost
		err := c.client.do(ctx, req, &out)
		if lostBefore && errors.Is(err, ErrExists) {
			return c.Get(ctx, fullPath, nil)
		}
		lost, ok := errors.AsType[*LostAnswerError](err)
		if !ok {
			return out, err
		}
		found, getErr := c.Get(ctx, fullPath, nil)
		switch {
		case getErr == nil:
			return found, nil
		case !errors.Is(getErr, ErrNotFound) || attempt == createAttempts:
			return out, lost
		case pause(ctx, backoff(attempt, lost)) != nil:
			return out, lost
		}
	}
}

// Patch changes the properties that body names and no others. A list in body
// replaces the whole list on the device (icontrol-rest 2.5).
func (c Collection[T]) Patch(ctx context.Context, fullPath string, body any) (T, error) {
	var out T
	req, err := newWrite(http.MethodPatch, c.object(fullPath), body, idempotent)
	if err != nil {
		return out, err
	}
	err = c.client.do(ctx, req, &out)
	return out, err
}

// Delete removes an object. errors.Is(err, ErrNotFound) when it was not there,
// but for an earlier attempt whose answer was lost: that is success.
func (c Collection[T]) Delete(ctx context.Context, fullPath string) error {
	req := &request{method: http.MethodDelete, path: c.object(fullPath), effect: idempotent}
	err := c.client.do(ctx, req, nil)
	if req.answerLost && errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
