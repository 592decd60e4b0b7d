//go:build linux

package agent

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"airlock.invalid/guest/internal/environ"
	"airlock.invalid/guest/internal/identity"
	"airlock.invalid/guest/internal/inroot"
	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/rootfs"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

// world is what the processes of a configured sandbox live in.
type world struct {
	user   identity.User
	env    []string
	dir    string
	harden bool
	// shares are what was mounted by Configure.
	shares []*agentv1.Share
}

// spec describes a process of the sandbox.
func (w *world) spec(start *agentv1.ExecStart) (launch.Spec, error) {
	argv := start.GetArgv()
	if len(argv) == 0 || argv[0] == "" {
		return launch.Spec{}, launch.ErrEmptyCommand
	}
	env := environ.Merge(w.env, start.GetEnv())
	if start.GetLogin() {
		argv = environ.Login(argv, inContainerPath("bash", environ.Get(env, "PATH")))
	}
	dir := start.GetCwd()
	if dir == "" {
		dir = w.dir
	}
	return launch.Spec{
		Root:     rootfs.Root,
		Dir:      dir,
		Argv:     argv,
		Env:      env,
		Identity: &launch.Identity{UID: w.user.UID, GID: w.user.GID, Groups: w.user.Groups},
		Harden:   w.harden,
	}, nil
}

func inContainerPath(program, searchPath string) bool {
	root, err := inroot.Open(rootfs.Root)
	if err != nil {
		return false
	}
	defer root.Close()
	for _, dir := range strings.Split(searchPath, ":") {
		if root.Executable(path.Join("/", dir, program)) {
			return true
		}
	}
	return false
}

// lookupUser finds the image's user in the files of the assembled root.
func lookupUser(root *inroot.Root, text string) (identity.User, error) {
	var files [2][]byte
	for i, name := range []string{"/etc/passwd", "/etc/group"} {
		content, err := root.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return identity.User{}, fmt.Errorf("read %s: %w", name, err)
		}
		files[i] = content
	}
	return identity.Lookup(text, files[0], files[1])
}

// baseEnv is what lies below the environment that the host sends. A time zone that the image does not
// know is left out: programs would show UTC under its name.
func baseEnv(root *inroot.Root, home, timeZone string) []string {
	env := []string{"PATH=" + environ.DefaultPath, "HOME=" + home}
	if _, err := root.ReadFile("/usr/share/zoneinfo/" + timeZone); err == nil {
		env = append(env, "TZ="+timeZone)
	}
	return env
}
