package bigip

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// thing is an object of the collection; version tells when it was read.
type thing struct {
	path    ltm.Path
	parts   int
	version int
}

// store is a device with one collection. Each answer takes answerTime.
type store struct {
	shared[thing]

	mu      sync.Mutex
	names   []string
	parts   int
	version int
	epoch   uint64
	failure error // of pages

	gets, pages []string // what was asked for
}

const answerTime = 20 * time.Millisecond

func newStore(objects int) *store {
	s := &store{parts: 6}
	for i := range objects {
		s.names = append(s.names, name(i))
	}
	s.shared = shared[thing]{
		one: s.getOne, page: s.getPage, most: 250,
		path:  func(t thing) ltm.Path { return t.path },
		parts: func(t thing) int { return t.parts },
		epoch: func() uint64 { s.mu.Lock(); defer s.mu.Unlock(); return s.epoch },
	}
	return s
}

func name(i int) string { return fmt.Sprintf("thing-%04d", i) }

func (s *store) thing(name string) thing {
	return thing{path: ltm.NewPath("shop", name), parts: s.parts, version: s.version}
}

func (s *store) getOne(ctx context.Context, path ltm.Path) (thing, error) {
	if err := ctx.Err(); err != nil {
		return thing{}, err
	}
	s.mu.Lock()
	s.gets = append(s.gets, path.Name)
	s.mu.Unlock()
	time.Sleep(answerTime)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.names, path.Name) {
		return thing{}, engine.ErrNotFound
	}
	return s.thing(path.Name), nil
}

func (s *store) getPage(_ context.Context, _ string, skip, top int) (page[thing], error) {
	s.mu.Lock()
	s.pages = append(s.pages, fmt.Sprintf("%d+%d", skip, top))
	names, failure := s.names[min(skip, len(s.names)):], s.failure
	next := page[thing]{more: len(names) > top}
	for _, name := range names[:min(top, len(names))] {
		next.objects = append(next.objects, s.thing(name))
		next.size++
	}
	s.mu.Unlock()
	time.Sleep(answerTime)
	return next, failure
}

// write changes all objects, as this process does it.
func (s *store) write() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.epoch++
}

// refresh reads the objects of these numbers, so many at a time.
func (s *store) refresh(t *testing.T, numbers []int, parallel int) {
	t.Helper()
	var all sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, i := range numbers {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			got, err := s.read(t.Context(), ltm.NewPath("shop", name(i)))
			if err != nil || got.path.Name != name(i) {
				t.Errorf("read of %s: %v, %v", name(i), got, err)
			}
		})
	}
	all.Wait()
}

// shuffled are the numbers below n in an order that is no page's.
func shuffled(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i * 7919 % n // 7919 is a prime
	}
	return numbers
}

func TestAThousandReadsAreAHandfulOfPages(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{1, 2, 4, 10, 100} {
		t.Run(fmt.Sprintf("%d at a time", parallel), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStore(1000)
				s.refresh(t, shuffled(1000), parallel)
				if got := len(s.gets) + len(s.pages); got > 10 {
					t.Errorf("%d GETs: %d objects and the pages %v, want at most 10", got, len(s.gets), s.pages)
				}
			})
		})
	}
}

func TestFewReadsOfManyObjectsCostAtMostTwiceWhatTheyCostAlone(t *testing.T) {
	t.Parallel()
	for reads, pages := range map[int]int{1: 0, 2: 0, 3: 0, 4: 4, 10: 10, 20: 20} {
		t.Run(fmt.Sprintf("%d reads", reads), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStore(20_000)
				s.refresh(t, shuffled(20_000)[:reads], 10)
				if len(s.gets) > reads || len(s.pages) > pages {
					t.Errorf("%d objects and %d pages were read, want at most %d and %d", len(s.gets), len(s.pages), reads, pages)
				}
			})
		})
	}
}

func TestPagesHaveFewerObjectsWhereObjectsAreLarge(t *testing.T) {
	t.Parallel()
	for parts, want := range map[int]string{1: "100+250", 6: "100+250", 15: "100+100", 101: "100+14", 2000: "100+10"} {
		t.Run(fmt.Sprint(parts), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStore(1000)
				s.parts = parts
				s.refresh(t, []int{0, 1, 2, 101}, 1)
				if !slices.Equal(s.pages, []string{"0+100", want}) {
					t.Errorf("pages %v, want 0+100 and %s", s.pages, want)
				}
			})
		})
	}
}

// sharingStore brings a store to where its reads share pages.
func sharingStore(t *testing.T, objects int) *store {
	t.Helper()
	s := newStore(objects)
	s.refresh(t, []int{0, 1, 2}, 3)
	s.gets = nil
	return s
}

func TestAReadAfterAChangeSeesTheChange(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, s *store, i, want int) {
		t.Helper()
		if got, err := s.read(t.Context(), ltm.NewPath("shop", name(i))); err != nil || got.version != want {
			t.Errorf("version %d, error %v, want version %d", got.version, err, want)
		}
	}
	t.Run("made after the page came", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := sharingStore(t, 50)
			read(t, s, 3, 0)
			s.write()
			read(t, s, 4, 1)
			if len(s.gets) != 0 || len(s.pages) != 2 {
				t.Errorf("objects %v and pages %v, want two pages", s.gets, s.pages)
			}
		})
	})
	t.Run("made while the page was on its way", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := sharingStore(t, 50)
			var both sync.WaitGroup
			both.Go(func() { read(t, s, 3, 1) })
			time.Sleep(answerTime / 2)
			s.write()
			both.Go(func() { read(t, s, 4, 1) }) // joins a page that it must not believe
			both.Wait()
			if len(s.gets) != 0 || len(s.pages) != 2 {
				t.Errorf("objects %v and pages %v, want two pages", s.gets, s.pages)
			}
		})
	})
}

func TestASecondReadOfAnObjectIsAskedForAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sharingStore(t, 50)
		s.refresh(t, []int{3, 4}, 1)
		s.version++ // by somebody else
		for _, want := range []struct{ number, version int }{{3, 1}, {5, 0}, {5, 1}} {
			got, err := s.read(t.Context(), ltm.NewPath("shop", name(want.number)))
			if err != nil || got.version != want.version {
				t.Errorf("%s: version %d, error %v, want version %d", name(want.number), got.version, err, want.version)
			}
		}
		if !slices.Equal(s.gets, []string{name(3), name(5)}) || len(s.pages) != 1 {
			t.Errorf("objects %v and pages %v", s.gets, s.pages)
		}
	})
}

func TestOldPagesAreReadAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sharingStore(t, 50)
		s.refresh(t, []int{3}, 1)
		s.version++
		time.Sleep(keepPages)
		s.refresh(t, []int{4}, 1) // not yet
		time.Sleep(time.Nanosecond)
		got, err := s.read(t.Context(), ltm.NewPath("shop", name(5)))
		if err != nil || got.version != 1 || len(s.gets) != 0 || !slices.Equal(s.pages, []string{"0+100", "0+100"}) {
			t.Errorf("version %d, error %v, objects %v and pages %v, want two pages", got.version, err, s.gets, s.pages)
		}
	})
}

func TestWhatNoPageHasIsAskedForBeforeItIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sharingStore(t, 50)
		s.refresh(t, []int{3}, 1)
		s.names = append(s.names, name(50)) // by somebody else
		s.refresh(t, []int{50}, 1)
		_, err := s.read(t.Context(), ltm.NewPath("shop", "gone"))
		if !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("error %v, want not found", err)
		}
		if !slices.Equal(s.gets, []string{name(50), "gone"}) || len(s.pages) != 1 {
			t.Errorf("objects %v and pages %v", s.gets, s.pages)
		}
	})
}

func TestAFailureReachesAllWhoWaitForThePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sharingStore(t, 50)
		s.failure = engine.ErrUnreachable
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				if _, err := s.read(t.Context(), ltm.NewPath("shop", name(i))); !errors.Is(err, engine.ErrUnreachable) {
					t.Errorf("error %v, want unreachable", err)
				}
			})
		}
		all.Wait()
		if len(s.gets) != 0 || len(s.pages) != 1 {
			t.Errorf("objects %v and pages %v, want one page", s.gets, s.pages)
		}
		s.failure = nil
		s.refresh(t, []int{5}, 1) // the next one tries again
	})
}

func TestWhatTheDeviceDoesNotListIsReadOneByOne(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{engine.ErrRefused, engine.ErrForbidden, engine.ErrNotFound} {
		t.Run(refusal.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := sharingStore(t, 50)
				s.failure = refusal
				s.refresh(t, shuffled(20), 10)
				if len(s.gets) != 20 || len(s.pages) != 1 {
					t.Errorf("%d objects and %d pages, want 20 and the one that was refused", len(s.gets), len(s.pages))
				}
			})
		})
	}
}

func TestTheEndOfAContextReleasesItsReaderOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sharingStore(t, 50)
		ctx, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error, 1), make(chan error, 1)
		reader := func(ctx context.Context, i int, result chan<- error) {
			_, err := s.read(ctx, ltm.NewPath("shop", name(i)))
			result <- err
		}
		go reader(ctx, 3, left) // sends for the page
		synctest.Wait()
		go reader(t.Context(), 4, stayed)
		synctest.Wait()
		start := time.Now()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) || time.Since(start) != 0 {
			t.Errorf("error %v after %s, want the end of the context at once", err, time.Since(start))
		}
		if err := <-stayed; err != nil || len(s.gets) != 0 || len(s.pages) != 1 {
			t.Errorf("error %v, objects %v, pages %v", err, s.gets, s.pages)
		}
	})
}
