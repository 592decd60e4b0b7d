//go:build linux

package kernel

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// SetClock sets the wall clock.
func SetClock(seconds int64, nanos int32) error {
	at := unix.NsecToTimespec(time.Unix(seconds, int64(nanos)).UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &at); err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	return nil
}

// FollowClock brings the wall clock near the host's while programs look at it. They would see time
// run backwards, above all because the host's time is always a little old when it arrives.
func FollowClock(seconds int64, nanos int32) error {
	behind := time.Until(time.Unix(seconds, int64(nanos)))
	switch correctionOf(behind) {
	case none:
		return nil
	case slew:
		// As adjtime does it: half a millisecond in each second. A new one replaces what is left of it.
		request := unix.Timex{Modes: unix.ADJ_OFFSET_SINGLESHOT, Offset: behind.Microseconds()}
		if _, err := unix.Adjtimex(&request); err != nil {
			return fmt.Errorf("slew clock: %w", err)
		}
		return nil
	default:
		return SetClock(seconds, nanos)
	}
}

type correction int

const (
	none correction = iota
	slew
	step
)

const (
	// unnoticed is what the way to a busy guest alone may make of two equal clocks.
	unnoticed = 250 * time.Millisecond
	// slewed is more than clocks drift apart between two calls: beyond it somebody slept or set one.
	slewed = time.Second
)

func correctionOf(behind time.Duration) correction {
	switch difference := behind.Abs(); {
	case difference < unnoticed:
		return none
	case difference < slewed:
		return slew
	default:
		return step
	}
}
