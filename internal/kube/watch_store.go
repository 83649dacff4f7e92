package kube

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// found is what a watch keeps of an object: what the core needs, and no more. Of
// 100,000 endpoints the API's own objects would be half a gigabyte.
type found[T any] struct {
	key   types.NamespacedName
	value T
}

// store is what one watch holds. A reflector fills it; what it holds is never
// changed, only replaced, so that Snapshots can share it.
type store[T any] struct {
	w       *watching
	convert func(object any) (found[T], bool)
	same    func(a, b T) bool // for Snapshots
	// changed hears, with the cluster's lock held, of each object that is not the same
	// as before; nil is none. It gathers the owners who are to be told.
	changed func(key types.NamespacedName, before, after *T, tell owners)
	items   map[types.NamespacedName]T
}

var _ cache.TransformingStore = (*store[int])(nil)

// Transformer makes the reflector convert what it gathers for Replace one by one,
// and not only when all of it is there.
func (s *store[T]) Transformer() cache.TransformFunc {
	return func(object any) (any, error) { return s.from(object) }
}

func (s *store[T]) from(object any) (found[T], error) {
	if done, ok := object.(found[T]); ok {
		return done, nil
	}
	out, ok := s.convert(object)
	if !ok {
		return out, fmt.Errorf("a watch of %s got a %T", s.w.scope.resource, object)
	}
	return out, nil
}

// Add is called for each object that is new.
func (s *store[T]) Add(object any) error {
	item, err := s.from(object)
	if err != nil {
		return err
	}
	s.w.locked(func(tell owners) { s.put(item, tell) })
	return nil
}

// Update is called for each object that is another one now.
func (s *store[T]) Update(object any) error { return s.Add(object) }

// Delete is called for each object that is gone.
func (s *store[T]) Delete(object any) error {
	item, err := s.from(object)
	if err != nil {
		return err
	}
	s.w.locked(func(tell owners) { s.remove(item.key, tell) })
	return nil
}

// Replace is called with all that there is, at first and after the watch could not
// go on where it was. What is gone meanwhile is removed last: what it had may be
// elsewhere by now.
func (s *store[T]) Replace(objects []any, _ string) error {
	items := make([]found[T], len(objects))
	present := make(map[types.NamespacedName]bool, len(objects))
	for i, object := range objects {
		var err error
		if items[i], err = s.from(object); err != nil {
			return err
		}
		present[items[i].key] = true
	}
	s.w.locked(func(tell owners) {
		for _, item := range items {
			s.put(item, tell)
		}
		for key := range s.items {
			if !present[key] {
				s.remove(key, tell)
			}
		}
		s.w.replaced(tell)
	})
	return nil
}

// Resync is never asked for.
func (s *store[T]) Resync() error { return nil }

func (s *store[T]) put(item found[T], tell owners) {
	before, known := s.items[item.key]
	s.items[item.key] = item.value
	switch {
	case !known:
		s.changed(item.key, nil, &item.value, tell)
	case !s.same(before, item.value):
		s.changed(item.key, &before, &item.value, tell)
	}
}

func (s *store[T]) remove(key types.NamespacedName, tell owners) {
	before, known := s.items[key]
	if !known {
		return
	}
	delete(s.items, key)
	s.changed(key, &before, nil, tell)
}
