//go:build linux

package kernel

import (
	"testing"
	"time"
)

func TestOnlyALargeDifferenceStepsTheClock(t *testing.T) {
	for behind, want := range map[time.Duration]correction{
		0:                       none,
		-249 * time.Millisecond: none,
		250 * time.Millisecond:  slew,
		-900 * time.Millisecond: slew,
		time.Second:             step,
		-time.Hour:              step,
	} {
		if got := correctionOf(behind); got != want {
			t.Errorf("%v: got %d, want %d", behind, got, want)
		}
	}
}
