// Command xattrs prints the extended attributes of everything below its arguments: path|name|value in
// hexadecimal.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	for _, root := range os.Args[1:] {
		if err := filepath.WalkDir(root, show); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func show(path string, entry fs.DirEntry, err error) error {
	// What a link leads to is shown under its own name.
	if err != nil || entry.Type() == fs.ModeSymlink {
		return err
	}
	names := make([]byte, 64<<10)
	size, err := syscall.Listxattr(path, names)
	if err != nil {
		return fmt.Errorf("list attributes of %s: %w", path, err)
	}
	for _, name := range strings.FieldsFunc(string(names[:size]), func(r rune) bool { return r == 0 }) {
		value := make([]byte, 64<<10)
		size, err := syscall.Getxattr(path, name, value)
		if err != nil {
			return fmt.Errorf("read %s of %s: %w", name, path, err)
		}
		fmt.Printf("%s|%s|%x\n", path, name, value[:size])
	}
	return nil
}
