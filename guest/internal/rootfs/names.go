//go:build linux

package rootfs

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"

	"airlock.invalid/guest/internal/inroot"
)

// nameserver is the address of the virtual DNS.
const nameserver = "nameserver 10.0.0.1\n"

// WriteNames writes the files by which programs find host names.
func WriteNames(root *inroot.Root, hostname string) error {
	hosts, err := root.ReadFile("/etc/hosts")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		// Not a file, or a link to nowhere: it is replaced below.
		hosts = nil
	}
	files := []struct{ path, content string }{
		{"/etc/hosts", MergeHosts(string(hosts), hostname)},
		{"/etc/hostname", hostname + "\n"},
		{"/etc/resolv.conf", nameserver},
	}
	var failed error
	for _, file := range files {
		failed = errors.Join(failed, writeIfDifferent(root, file.path, file.content))
	}
	return failed
}

// WriteMachineID gives the machine a new identity, as machines from one image or snapshot would share theirs.
func WriteMachineID(root *inroot.Root) error {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	const name = "/etc/machine-id"
	text := []byte(hex.EncodeToString(id) + "\n")
	if root.Overwrite(name, text) {
		return nil
	}
	return root.WriteFile(name, text)
}

func writeIfDifferent(root *inroot.Root, path, content string) error {
	if old, err := root.ReadFile(path); err == nil && string(old) == content {
		return nil
	}
	return root.WriteFile(path, []byte(content))
}

// MergeHosts puts the entries of the sandbox before those of the image or the user, unless they are
// there already.
func MergeHosts(text, hostname string) string {
	needed := []struct{ address, names string }{
		{"127.0.0.1", "localhost"},
		{"127.0.1.1", hostname},
		{"::1", "localhost ip6-localhost ip6-loopback"},
	}
	var missing strings.Builder
	for _, entry := range needed {
		if !hasEntry(text, entry.address, strings.Fields(entry.names)[0]) {
			missing.WriteString(entry.address + "\t" + entry.names + "\n")
		}
	}
	return missing.String() + text
}

func hasEntry(hosts, address, name string) bool {
	for line := range strings.Lines(hosts) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) > 1 && fields[0] == address && slices.Contains(fields[1:], name) {
			return true
		}
	}
	return false
}
