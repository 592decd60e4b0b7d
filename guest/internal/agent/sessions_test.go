//go:build linux

package agent

import (
	"context"
	"errors"
	"testing"

	"airlock.invalid/guest/internal/reap"
)

func TestNoSessionBeginsWhileTheSharesAreAway(t *testing.T) {
	var all sessions
	all.setClosed(true)
	if _, _, err := all.begin(context.Background()); !errors.Is(err, errSuspending) {
		t.Errorf("got %v", err)
	}
	all.setClosed(false)
	_, attached, err := all.begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, count := all.leaders(); count != 1 {
		t.Errorf("%d sessions", count)
	}
	all.end(attached)
	if _, count := all.leaders(); count != 0 {
		t.Errorf("%d sessions are left", count)
	}
}

func TestSessionsThatAreHungUpAreToldWhyAndWaitedFor(t *testing.T) {
	var all sessions
	ctx, attached, err := all.begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-ctx.Done()
		all.end(attached)
	}()
	all.hangUp(context.Background(), reap.New())
	if !errors.Is(context.Cause(ctx), errSuspending) {
		t.Errorf("got %v", context.Cause(ctx))
	}
	if _, count := all.leaders(); count != 0 {
		t.Errorf("%d sessions are left", count)
	}
}

func TestARollBackOutlivesAHostThatGaveUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := rollBack(ctx, func(ctx context.Context) error { return ctx.Err() }); err != nil {
		t.Errorf("got %v", err)
	}
}
