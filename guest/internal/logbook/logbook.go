//go:build linux

// Package logbook keeps the agent's own log and the kernel's warnings, and hands them to the host.
package logbook

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// Level orders entries by weight; the values are those of the protocol.
type Level int

// Levels of an entry.
const (
	Trace Level = iota + 1
	Debug
	Info
	Warn
	Error
)

// Entry is one line of the log.
type Entry struct {
	Level  Level
	Target string
	Text   string
}

// keep is the number of entries that a reader who comes late still sees.
const keep = 512

// queue is the number of entries a slow reader may lag behind before it loses some.
const queue = 1024

// Book collects entries. The zero value is ready.
type Book struct {
	mu      sync.Mutex
	recent  []Entry
	readers map[chan Entry]struct{}
}

// Add appends an entry and passes it to the readers. A reader that does not read loses entries
// rather than holding up the agent.
func (b *Book) Add(entry Entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.recent) == keep {
		b.recent = append(b.recent[:0], b.recent[1:]...)
	}
	b.recent = append(b.recent, entry)
	for reader := range b.readers {
		select {
		case reader <- entry:
		default:
		}
	}
}

// Printf appends an entry of the agent.
func (b *Book) Printf(level Level, target, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	b.Add(Entry{Level: level, Target: target, Text: text})
	if level >= Warn {
		// The console is what is left to read when the link to the host is broken.
		fmt.Fprintf(os.Stderr, "agent: %s: %s\n", target, text)
	}
}

// Follow returns the recent entries and a channel with the ones to come; stop ends the delivery.
func (b *Book) Follow() (recent []Entry, next <-chan Entry, stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	reader := make(chan Entry, queue)
	if b.readers == nil {
		b.readers = map[chan Entry]struct{}{}
	}
	b.readers[reader] = struct{}{}
	return append([]Entry(nil), b.recent...), reader, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.readers, reader)
	}
}

// Lines returns a writer for libraries that print; each write becomes a debug entry.
func (b *Book) Lines(target string) io.Writer { return lines{b, target} }

type lines struct {
	book   *Book
	target string
}

func (l lines) Write(text []byte) (int, error) {
	l.book.Add(Entry{Level: Debug, Target: l.target, Text: strings.TrimSpace(string(text))})
	return len(text), nil
}
