//go:build linux

// Package identity finds the user of an image in the image's own passwd and group files.
package identity

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrUnknown says that a user or group has no entry and is not a number.
var ErrUnknown = errors.New("not in the image")

// User is what processes run as.
type User struct {
	UID, GID uint32
	Groups   []uint32
	Home     string
}

type account struct {
	name     string
	uid, gid uint32
	home     string
}

type group struct {
	name    string
	gid     uint32
	members []string
}

// Lookup resolves the text of an image's configuration: empty, name, uid, name:group or uid:gid.
// Supplementary groups are those that list the user, unless the text names a group, as container
// engines do it.
func Lookup(text string, passwd, groups []byte) (User, error) {
	userText, groupText, _ := strings.Cut(text, ":")
	if userText == "" {
		userText = "0"
	}
	user, name, err := lookupUser(userText, parsePasswd(passwd))
	if err != nil {
		return User{}, err
	}
	all := parseGroups(groups)
	if groupText == "" {
		user.Groups = supplementary(name, user.GID, all)
		return user, nil
	}
	user.GID, err = lookupGroup(groupText, all)
	return user, err
}

func lookupUser(text string, accounts []account) (user User, name string, err error) {
	number, numeric := parseID(text)
	byName := func(a account) bool { return a.name == text }
	byNumber := func(a account) bool { return numeric && a.uid == number }
	for _, matches := range []func(account) bool{byName, byNumber} {
		if at := slices.IndexFunc(accounts, matches); at >= 0 {
			found := accounts[at]
			return User{UID: found.uid, GID: found.gid, Home: found.home}, found.name, nil
		}
	}
	if !numeric {
		return User{}, "", fmt.Errorf("user %q: %w", text, ErrUnknown)
	}
	return User{UID: number, Home: "/"}, "", nil
}

func lookupGroup(text string, groups []group) (uint32, error) {
	if at := slices.IndexFunc(groups, func(g group) bool { return g.name == text }); at >= 0 {
		return groups[at].gid, nil
	}
	if number, ok := parseID(text); ok {
		return number, nil
	}
	return 0, fmt.Errorf("group %q: %w", text, ErrUnknown)
}

func supplementary(name string, primary uint32, groups []group) []uint32 {
	var ids []uint32
	for _, g := range groups {
		if name != "" && g.gid != primary && slices.Contains(g.members, name) && !slices.Contains(ids, g.gid) {
			ids = append(ids, g.gid)
		}
	}
	return ids
}

func parsePasswd(text []byte) []account {
	var accounts []account
	for _, fields := range records(text, 6) {
		uid, okUID := parseID(fields[2])
		gid, okGID := parseID(fields[3])
		if !okUID || !okGID {
			continue
		}
		home := fields[5]
		if !strings.HasPrefix(home, "/") {
			home = "/"
		}
		accounts = append(accounts, account{fields[0], uid, gid, home})
	}
	return accounts
}

func parseGroups(text []byte) []group {
	var groups []group
	for _, fields := range records(text, 4) {
		if gid, ok := parseID(fields[2]); ok {
			groups = append(groups, group{fields[0], gid, strings.Split(fields[3], ",")})
		}
	}
	return groups
}

// records splits lines at colons and drops comments and lines that are too short.
func records(text []byte, fields int) [][]string {
	var found [][]string
	for line := range strings.Lines(string(text)) {
		parts := strings.Split(strings.TrimSpace(line), ":")
		if len(parts) >= fields && parts[0] != "" && !strings.HasPrefix(parts[0], "#") {
			found = append(found, parts)
		}
	}
	return found
}

// parseID takes ids up to 2^32-2; the last one means "no change" to the kernel.
func parseID(text string) (uint32, bool) {
	number, err := strconv.ParseUint(text, 10, 32)
	return uint32(number), err == nil && number < 1<<32-1
}
