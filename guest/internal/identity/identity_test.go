//go:build linux

package identity

import (
	"errors"
	"reflect"
	"testing"
)

const passwd = `# comment
root:x:0:0:root:/root:/bin/sh
broken line
dev:x:1000:1000:Dev:/home/dev:/bin/bash
homeless:x:1001:1001:::
4242:x:7:8::/numeric:/bin/sh
huge:x:4294967294:4294967294::/huge:/bin/sh
toobig:x:4294967295:0::/x:/bin/sh
`

const groups = `root:x:0:
tty:x:5:
docker:x:999:dev,other
wheel:x:10:root,dev
dev:x:1000:dev
wheel2:x:10:dev
`

func TestLookup(t *testing.T) {
	tests := map[string]struct {
		text string
		want User
		err  error
	}{
		"nothing means root":               {"", User{UID: 0, GID: 0, Groups: []uint32{10}, Home: "/root"}, nil},
		"a name with its groups":           {"dev", User{UID: 1000, GID: 1000, Groups: []uint32{999, 10}, Home: "/home/dev"}, nil},
		"a number with an entry":           {"1000", User{UID: 1000, GID: 1000, Groups: []uint32{999, 10}, Home: "/home/dev"}, nil},
		"a number without an entry":        {"5000", User{UID: 5000, GID: 0, Home: "/"}, nil},
		"a named group drops the others":   {"dev:docker", User{UID: 1000, GID: 999, Home: "/home/dev"}, nil},
		"a numeric group needs no entry":   {"dev:777", User{UID: 1000, GID: 777, Home: "/home/dev"}, nil},
		"both numeric":                     {"12:34", User{UID: 12, GID: 34, Home: "/"}, nil},
		"only a group":                     {":docker", User{UID: 0, GID: 999, Home: "/root"}, nil},
		"a user without home lives in /":   {"homeless", User{UID: 1001, GID: 1001, Home: "/"}, nil},
		"a name of digits wins over an id": {"4242", User{UID: 7, GID: 8, Home: "/numeric"}, nil},
		"the largest id":                   {"huge", User{UID: 1<<32 - 2, GID: 1<<32 - 2, Home: "/huge"}, nil},
		"an unknown name":                  {"nobody", User{}, ErrUnknown},
		"an unknown group":                 {"dev:nogroup", User{}, ErrUnknown},
		"an entry with an impossible id":   {"toobig", User{}, ErrUnknown},
		"a negative id":                    {"-1", User{}, ErrUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Lookup(test.text, []byte(passwd), []byte(groups))
			if !errors.Is(err, test.err) {
				t.Fatalf("got error %v, want %v", err, test.err)
			}
			if err == nil && !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLookupWithoutFiles(t *testing.T) {
	got, err := Lookup("1000:1000", nil, nil)
	if want := (User{UID: 1000, GID: 1000, Home: "/"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := Lookup("dev", nil, nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("a name without passwd: got %v", err)
	}
}
