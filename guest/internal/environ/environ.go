//go:build linux

// Package environ composes environments and login commands.
package environ

import (
	"path"
	"slices"
	"strings"
)

// DefaultPath is searched where the environment has no PATH.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Merge lays environments over one another. A later entry replaces an earlier one of the same name
// in its place; entries without a name are dropped.
func Merge(layers ...[]string) []string {
	var merged []string
	index := map[string]int{}
	for _, layer := range layers {
		for _, entry := range layer {
			name, _, ok := strings.Cut(entry, "=")
			if !ok || name == "" {
				continue
			}
			if at, seen := index[name]; seen {
				merged[at] = entry
				continue
			}
			index[name] = len(merged)
			merged = append(merged, entry)
		}
	}
	return merged
}

// Get returns a variable's value, empty when it is not set.
func Get(env []string, name string) string {
	for _, entry := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

var shells = []string{"sh", "bash", "zsh", "fish", "dash", "ksh"}

// Login makes a command run in a login shell: a lone shell gets `-l`, anything else is run by
// `bash -l`, or by `sh -l` in images without bash.
func Login(argv []string, hasBash bool) []string {
	if len(argv) == 1 {
		base := path.Base(argv[0])
		if slices.Contains(shells, base) || strings.HasSuffix(base, "sh") {
			return []string{argv[0], "-l"}
		}
	}
	shell := "sh"
	if hasBash {
		shell = "bash"
	}
	// The words travel as arguments of the script, so none of them needs quoting.
	return append([]string{shell, "-l", "-c", `exec "$@"`, shell}, argv...)
}
