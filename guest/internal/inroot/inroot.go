//go:build linux

// Package inroot reaches files below a directory as a process would whose root it is. No symbolic
// link and no `..` leads out of it, whatever an image or a share contains.
package inroot

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maxHops bounds the symbolic links of one path, as the kernel does.
const maxHops = 40

// maxFileBytes bounds what ReadFile takes into memory.
const maxFileBytes = 16 << 20

// Root is an opened directory.
type Root struct {
	fd int
	// Replaced is told what ForceDir removed; it may be nil.
	Replaced func(name string)
}

// Open opens a directory as root.
func Open(dir string) (*Root, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return &Root{fd: fd}, nil
}

// Close releases the root.
func (r *Root) Close() error { return unix.Close(r.fd) }

// Dir is a directory, or another file, found below a root.
type Dir struct{ fd int }

// Close releases the directory.
func (d Dir) Close() error { return unix.Close(d.fd) }

// Path names the file for calls that take only a path, such as mount. It is valid while d is open.
func (d Dir) Path() string { return fmt.Sprintf("/proc/self/fd/%d", d.fd) }

// MakeDir finds a directory and creates what is missing on the way to it.
func (r *Root) MakeDir(name string) (Dir, error) { return r.directory(name, true) }

// ForceDir is MakeDir for a directory that has to be there: a file on the way to it, or a link that
// leads nowhere, is removed.
func (r *Root) ForceDir(name string) (Dir, error) {
	dir, err := r.MakeDir(name)
	if !errors.Is(err, unix.ENOTDIR) && !errors.Is(err, unix.ELOOP) {
		return dir, err
	}
	prefix := "/"
	for _, part := range components(name) {
		prefix = path.Join(prefix, part)
		if err := r.clear(prefix); err != nil {
			return Dir{}, err
		}
	}
	return r.MakeDir(name)
}

// clear removes what is no directory.
func (r *Root) clear(name string) error {
	dir, err := r.MakeDir(name)
	if err == nil {
		return dir.Close()
	}
	parent, err := r.FindDir(path.Dir(name))
	if err != nil {
		return err
	}
	defer parent.Close()
	if err := unix.Unlinkat(parent.fd, path.Base(name), 0); err != nil {
		return &os.PathError{Op: "remove", Path: name, Err: err}
	}
	if r.Replaced != nil {
		r.Replaced(name)
	}
	return nil
}

// FindDir finds a directory.
func (r *Root) FindDir(name string) (Dir, error) { return r.directory(name, false) }

// Find finds a directory or another file.
func (r *Root) Find(name string) (file Dir, isDir bool, err error) {
	fd, mode, err := r.walk(name, false)
	if err != nil {
		return Dir{}, false, &os.PathError{Op: "resolve", Path: name, Err: err}
	}
	return Dir{fd}, mode == unix.S_IFDIR, nil
}

func (r *Root) directory(name string, create bool) (Dir, error) {
	fd, mode, err := r.walk(name, create)
	if err != nil {
		return Dir{}, &os.PathError{Op: "resolve", Path: name, Err: err}
	}
	if mode != unix.S_IFDIR {
		_ = unix.Close(fd)
		return Dir{}, &os.PathError{Op: "resolve", Path: name, Err: unix.ENOTDIR}
	}
	return Dir{fd}, nil
}

// ReadFile reads a regular file; it follows links inside the root.
func (r *Root) ReadFile(name string) ([]byte, error) {
	fd, mode, err := r.walk(name, false)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	if mode != unix.S_IFREG {
		return nil, &os.PathError{Op: "open", Path: name, Err: unix.EINVAL}
	}
	file, err := os.Open(Dir{fd}.Path())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFileBytes))
}

// WriteFile makes a regular file with the content. A symbolic link in its place is replaced, not
// followed; the directories above it are created.
func (r *Root) WriteFile(name string, content []byte) error {
	parent, err := r.MakeDir(path.Dir(path.Clean("/" + name)))
	if err != nil {
		return err
	}
	defer parent.Close()
	base := path.Base(name)
	temporary := "." + base + ".airlock"
	_ = unix.Unlinkat(parent.fd, temporary, 0)
	flags := unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(parent.fd, temporary, flags, 0o644)
	if err != nil {
		return &os.PathError{Op: "create", Path: name, Err: err}
	}
	file := os.NewFile(uintptr(fd), name)
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := unix.Renameat(parent.fd, temporary, parent.fd, base); err != nil {
		_ = unix.Unlinkat(parent.fd, temporary, 0)
		return &os.PathError{Op: "replace", Path: name, Err: err}
	}
	return nil
}

// Overwrite puts content into a regular file of the same length, and says whether there is such a file. It
// is meant for what may be lost: much cheaper than another file in the place of the old one, but not atomic.
func (r *Root) Overwrite(name string, content []byte) bool {
	parent, err := r.FindDir(path.Dir(path.Clean("/" + name)))
	if err != nil {
		return false
	}
	defer parent.Close()
	// A pipe would make us wait for its reader.
	flags := unix.O_WRONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(parent.fd, path.Base(name), flags, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if unix.Fstat(fd, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return false
	}
	// Another name of the file may stand for something else.
	if stat.Nlink != 1 || stat.Size != int64(len(content)) {
		return false
	}
	written, err := unix.Pwrite(fd, content, 0)
	return err == nil && written == len(content)
}

// Executable says whether a path leads to a file that somebody may execute.
func (r *Root) Executable(name string) bool {
	fd, mode, err := r.walk(name, false)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	return mode == unix.S_IFREG && unix.Fstat(fd, &stat) == nil && stat.Mode&0o111 != 0
}

// walk goes component by component and returns the file at the end with its type.
func (r *Root) walk(name string, create bool) (fd int, mode uint32, err error) {
	w := walker{todo: components(name), create: create}
	defer w.closeAll()
	if err := w.push(r.fd, "."); err != nil {
		return 0, 0, err
	}
	for len(w.todo) > 0 {
		if err := w.step(); err != nil {
			return 0, 0, err
		}
	}
	var stat unix.Stat_t
	if err := unix.Fstat(w.top(), &stat); err != nil {
		return 0, 0, err
	}
	return w.take(), stat.Mode & unix.S_IFMT, nil
}

type walker struct {
	// stack holds the opened files from the root to where the walk is; `..` goes back on it.
	stack  []int
	todo   []string
	hops   int
	create bool
}

func (w *walker) step() error {
	name := w.todo[0]
	w.todo = w.todo[1:]
	if name == ".." {
		if len(w.stack) > 1 {
			w.closeTop()
		}
		return nil
	}
	here := w.top()
	err := w.push(here, name)
	if errors.Is(err, unix.ENOENT) && w.create {
		if err := unix.Mkdirat(here, name, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
		err = w.push(here, name)
	}
	if err != nil {
		return err
	}
	return w.follow()
}

// follow replaces a symbolic link at the top by the way it names.
func (w *walker) follow() error {
	link := w.top()
	var stat unix.Stat_t
	if err := unix.Fstat(link, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFLNK {
		return nil
	}
	w.hops++
	if w.hops > maxHops {
		return unix.ELOOP
	}
	buffer := make([]byte, unix.PathMax)
	count, err := unix.Readlinkat(link, "", buffer)
	if err != nil {
		return err
	}
	w.closeTop()
	target := string(buffer[:count])
	if strings.HasPrefix(target, "/") {
		for len(w.stack) > 1 {
			w.closeTop()
		}
	}
	w.todo = append(components(target), w.todo...)
	return nil
}

func (w *walker) push(dir int, name string) error {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	w.stack = append(w.stack, fd)
	return nil
}

func (w *walker) closeTop() {
	_ = unix.Close(w.take())
}

func (w *walker) closeAll() {
	for len(w.stack) > 0 {
		w.closeTop()
	}
}

func (w *walker) top() int { return w.stack[len(w.stack)-1] }

// take gives the top to the caller.
func (w *walker) take() int {
	fd := w.top()
	w.stack = w.stack[:len(w.stack)-1]
	return fd
}

func components(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "/"), func(part string) bool {
		return part == "" || part == "."
	})
}
