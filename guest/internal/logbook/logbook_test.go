//go:build linux

package logbook

import (
	"strconv"
	"testing"
)

func TestParseKernel(t *testing.T) {
	tests := map[string]struct {
		record string
		want   Entry
		ok     bool
	}{
		"a warning":              {"4,100,1,-;text; more\n SUBSYSTEM=x\n", Entry{Warn, "kernel", "text; more"}, true},
		"an error":               {"3,100,1,-;bad\n", Entry{Error, "kernel", "bad"}, true},
		"a facility is ignored":  {"12,100,1,-;user warning\n", Entry{Warn, "kernel", "user warning"}, true},
		"information is dropped": {"6,100,1,-;fine\n", Entry{}, false},
		"what is not a record":   {"garbage", Entry{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, ok := parseKernel(test.record); got != test.want || ok != test.ok {
				t.Errorf("got %+v %v, want %+v %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	var book Book
	for i := range keep + 10 {
		book.Add(Entry{Info, "test", strconv.Itoa(i)})
	}
	recent, next, stop := book.Follow()
	if len(recent) != keep || recent[0].Text != "10" {
		t.Errorf("got %d entries from %q on", len(recent), recent[0].Text)
	}
	for range queue + 5 {
		book.Add(Entry{Info, "test", "more"})
	}
	if len(next) != queue {
		t.Errorf("a reader that does not read has %d entries waiting", len(next))
	}
	stop()
	if len(book.readers) != 0 {
		t.Error("the reader is still known")
	}
}
