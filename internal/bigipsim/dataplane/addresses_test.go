package dataplane

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestADialWaitsAMomentForAnAddressToAppear(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	book, dialled := newAddressBook(), make(chan error, 1)
	go func() {
		conn, err := book.dial(t.Context(), "10.244.0.5:8080", netip.Addr{})
		if err == nil {
			err = conn.Close()
		}
		dialled <- err
	}()
	book.merge(map[string]string{"10.244.0.4:8080": listener.Addr().String()}) // somebody else
	book.merge(map[string]string{"10.244.0.5:8080": listener.Addr().String()})
	if err := <-dialled; err != nil {
		t.Error(err)
	}
}

func TestADialOfAnAddressThatDoesNotAppearFailsAfterASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := newAddressBook().dial(t.Context(), "10.244.0.5:8080", netip.Addr{})
		if took := time.Since(start); !errors.Is(err, errUnreachable) || took != time.Second {
			t.Errorf("%v after %s", err, took)
		}
	})
}
