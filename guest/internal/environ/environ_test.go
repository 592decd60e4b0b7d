//go:build linux

package environ

import (
	"slices"
	"testing"
)

func TestMerge(t *testing.T) {
	tests := map[string]struct {
		layers [][]string
		want   []string
	}{
		"nothing":                         {nil, nil},
		"a later layer replaces":          {[][]string{{"A=1", "B=2"}, {"A=3"}}, []string{"A=3", "B=2"}},
		"a later entry replaces":          {[][]string{{"A=1", "A=2"}}, []string{"A=2"}},
		"new names are appended":          {[][]string{{"A=1"}, {"C=3", "B=2"}}, []string{"A=1", "C=3", "B=2"}},
		"an empty value is a value":       {[][]string{{"A=1"}, {"A="}}, []string{"A="}},
		"a value may contain the sign":    {[][]string{{"A=x=y"}}, []string{"A=x=y"}},
		"entries without name are no use": {[][]string{{"=x", "plain", ""}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Merge(test.layers...); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestGet(t *testing.T) {
	env := []string{"A=1", "AB=2", "A=3", "E="}
	for name, want := range map[string]string{"A": "3", "AB": "2", "E": "", "missing": ""} {
		if got := Get(env, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestLogin(t *testing.T) {
	tests := map[string]struct {
		argv    []string
		hasBash bool
		want    []string
	}{
		"a lone shell":           {[]string{"/bin/zsh"}, true, []string{"/bin/zsh", "-l"}},
		"an unknown shell":       {[]string{"xonsh"}, true, []string{"xonsh", "-l"}},
		"a command":              {[]string{"make", "a b"}, true, []string{"bash", "-l", "-c", `exec "$@"`, "bash", "make", "a b"}},
		"a command without bash": {[]string{"make"}, false, []string{"sh", "-l", "-c", `exec "$@"`, "sh", "make"}},
		"a shell with arguments": {[]string{"sh", "-c", "x"}, true, []string{"bash", "-l", "-c", `exec "$@"`, "bash", "sh", "-c", "x"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Login(test.argv, test.hasBash); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
