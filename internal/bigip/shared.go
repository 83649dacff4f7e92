package bigip

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// aloneReads of a partition are one GET each, whatever follows. Most
	// configurations have no more pools in one partition, and a page is dearer for
	// the device than three of its objects.
	aloneReads = 3
	// keepPages is how long pages answer after the last of them came: longer than
	// Terraform is busy with the refresh of a thousand pools on a machine that has
	// other work too. It takes most of a minute of computing for it.
	keepPages = 5 * time.Minute
	// pageParts is how many parts, objects and what is listed in them, a page
	// should have: about 1 MB. restjavad's heap is small (icontrol-rest 9).
	pageParts = 1500
	// leastPage is the fewest objects to ask for, however large they are.
	leastPage = 10
)

// shared answers reads of one kind of object, of which a refresh makes many at the
// same time, from pages of its collection. A page brings a hundred objects and more
// by one GET, and answers all who wait.
//
//	read 1, 2, 3 of a partition ───────────────────────────▶ GET of the object
//	read 4 and later ──▶ known? ── yes ──▶ answer
//	                      ▲  │ no
//	                      │  ├─ a page is under way ──▶ wait for it ──┐
//	                      │  ├─ another page pays ────▶ GET the page ─┤
//	                      └──│────────────────────────────────────────┘
//	                         └─ neither ───────────────────▶ GET of the object
//
// Nobody can tell from the first reads how many follow, nor how many objects of
// other people a partition has. So the pages come one by one, and only while
// somebody waits for an object that none of them had; and another one pays only
// while there were fewer pages than reads. Hence reads never cost more than twice
// the GETs that they would cost alone, even if they want ten objects of five
// thousand; and N objects, all of which are wanted, cost their pages and a few.
//
// An object is never gone because no page has it: the GET of the object tells. What
// a page has of an object answers one read, so that who reads twice sees what
// happened in between; and none after a change that this process made (epoch). So a
// refresh sees each object at one moment since the refresh began, as it does when
// all are read alone.
type shared[T any] struct {
	one   func(ctx context.Context, path ltm.Path) (T, error)
	page  func(ctx context.Context, partition string, skip, top int) (page[T], error)
	path  func(T) ltm.Path
	parts func(T) int   // the object and what is listed in it
	most  int           // objects of a page
	epoch func() uint64 // moves with each change that this process makes

	mu         sync.Mutex
	partitions map[string]*sharing[T]
}

// page is a part of a collection.
type page[T any] struct {
	objects []T
	size    int // on the device: objects that are not understood are not in objects
	more    bool
}

// sharing is what goes on in one partition.
type sharing[T any] struct {
	reads   int       // asked for since the beginning
	gets    int       // pages asked for since the beginning
	refused bool      // the device does not list its objects
	flight  *flight   // the page under way, nil for none
	had     *pages[T] // never nil
}

// pages are the first pages of a collection, as far as they have come.
type pages[T any] struct {
	known          map[ltm.Path]T // what has not been an answer yet
	size           int            // on the device
	objects, parts int            // of those that were understood
	whole          bool           // nothing follows
	epoch          uint64         // before the first page
	came           time.Time      // the last page
}

// flight is a page that is being read. err is written before done is closed.
type flight struct {
	done chan struct{}
	err  error
}

// read returns what one returns, or what a page had.
func (s *shared[T]) read(ctx context.Context, path ltm.Path) (T, error) {
	in, number := s.ask(path.Partition)
	if number <= aloneReads {
		return s.one(ctx, path)
	}
	for {
		object, known, flight := s.look(ctx, in, path)
		if known {
			return object, nil
		}
		if flight == nil {
			return s.one(ctx, path)
		}
		select {
		case <-flight.done:
			if flight.err != nil {
				return object, flight.err
			}
		case <-ctx.Done():
			return s.one(ctx, path) // sends nothing, and words the end of the context
		}
	}
}

// ask counts a read.
func (s *shared[T]) ask(partition string) (in *sharing[T], number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in = s.partitions[partition]
	if in == nil {
		in = &sharing[T]{had: s.none()}
		if s.partitions == nil {
			s.partitions = map[string]*sharing[T]{}
		}
		s.partitions[partition] = in
	}
	in.reads++
	return in, in.reads
}

func (s *shared[T]) none() *pages[T] {
	return &pages[T]{known: map[ltm.Path]T{}, epoch: s.epoch(), came: time.Now()}
}

// look returns the object if it is known, else the page to wait for, which it may
// have sent for; nil where a GET of the object is better.
func (s *shared[T]) look(ctx context.Context, in *sharing[T], path ltm.Path) (object T, known bool, wait *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := in.flight == nil && time.Since(in.had.came) > keepPages
	if old || in.had.epoch != s.epoch() {
		in.had = s.none()
	}
	if object, known = in.had.known[path]; known {
		delete(in.had.known, path)
		return object, true, nil
	}
	if in.flight == nil && !in.had.whole && !in.refused && in.gets < in.reads {
		in.gets++
		in.flight = &flight{done: make(chan struct{})}
		// Nobody's own: a reader that leaves does not end it for the others. The
		// client bounds the time.
		go s.fetch(context.WithoutCancel(ctx), in, path.Partition, in.had)
	}
	return object, false, in.flight
}

// fetch reads the page that follows those that in had.
func (s *shared[T]) fetch(ctx context.Context, in *sharing[T], partition string, had *pages[T]) {
	next, err := s.page(ctx, partition, had.size, had.next(s.most))

	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(in.flight.done)
	switch {
	case refuses(err):
		in.refused = true
	case err != nil:
		in.flight.err = err
	case had != in.had || had.epoch != s.epoch():
		// Something changed meanwhile: those who wait look again.
	default:
		had.add(next, s.path, s.parts)
	}
	in.flight = nil
}

// refuses tells an answer of the device from none. What it does not list it may
// still show: a partition that is gone is no reason for its objects not to be.
func refuses(err error) bool {
	for _, kind := range []error{engine.ErrUnreachable, engine.ErrCertificate, engine.ErrCredentials, engine.ErrBusy} {
		if errors.Is(err, kind) {
			return false
		}
	}
	return err != nil
}

func (p *pages[T]) add(next page[T], path func(T) ltm.Path, parts func(T) int) {
	for _, object := range next.objects {
		p.known[path(object)] = object
		p.parts += parts(object)
	}
	p.objects += len(next.objects)
	p.size += next.size
	p.whole = !next.more
	p.came = time.Now()
}

// next is the number of objects to ask for: as many as make pageParts, if they are
// like those before; at first nothing is known of them.
func (p *pages[T]) next(most int) int {
	if p.parts == 0 {
		return min(most, icontrol.DefaultPageSize)
	}
	return min(most, max(leastPage, pageParts*p.objects/p.parts))
}
