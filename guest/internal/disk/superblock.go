//go:build linux

package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// headBytes is the start of a disk that has to be blank before it is formatted. The signatures of
// all common file systems, partition tables and volume managers lie in it.
const headBytes = 64<<10 + 4096

// firstBlock holds the superblock and is written last when a disk is formatted.
const firstBlock = 4096

// formatting marks a disk whose formatting was begun and may be begun again.
const formatting = "airlock: this disk is being formatted\n"

type content int

const (
	blank content = iota
	unfinished
	ours
)

// superblock is what matters of an ext4 superblock.
type superblock struct {
	sizeBytes uint64
	// clean is false after an end without unmounting and after errors.
	clean bool
}

// Offsets in the superblock (Documentation/filesystems/ext4/super.rst).
const (
	superOffset     = 1024
	offBlocksLow    = 0x04
	offLogBlockSize = 0x18
	offMagic        = 0x38
	offState        = 0x3a
	offIncompat     = 0x60
	offLabel        = 0x78
	offBlocksHigh   = 0x150

	ext4Magic         = 0xef53
	stateClean        = 1
	stateErrors       = 2
	incompatRecover   = 0x04
	incompat64Bit     = 0x80
	superblockMinimum = superOffset + 1024
)

// classify decides from a disk's head what it holds. Anything that is neither blank nor ours is an
// error: a disk with somebody's data is never formatted.
func classify(head []byte) (content, superblock, error) {
	if len(head) < superblockMinimum {
		return 0, superblock{}, fmt.Errorf("%w: it has only %d bytes", ErrForeign, len(head))
	}
	if bytes.HasPrefix(head, []byte(formatting)) {
		return unfinished, superblock{}, nil
	}
	super := head[superOffset:]
	if binary.LittleEndian.Uint16(super[offMagic:]) == ext4Magic {
		name := string(bytes.TrimRight(super[offLabel:offLabel+16], "\x00"))
		if name != label {
			return 0, superblock{}, fmt.Errorf("%w: it holds an ext4 file system labelled %q", ErrForeign, name)
		}
		return ours, parseSuperblock(super), nil
	}
	if len(bytes.TrimLeft(head, "\x00")) > 0 {
		return 0, superblock{}, fmt.Errorf("%w: it is neither blank nor an ext4 file system", ErrForeign)
	}
	return blank, superblock{}, nil
}

func parseSuperblock(super []byte) superblock {
	blocks := uint64(binary.LittleEndian.Uint32(super[offBlocksLow:]))
	incompat := binary.LittleEndian.Uint32(super[offIncompat:])
	if incompat&incompat64Bit != 0 {
		blocks |= uint64(binary.LittleEndian.Uint32(super[offBlocksHigh:])) << 32
	}
	state := binary.LittleEndian.Uint16(super[offState:])
	return superblock{
		sizeBytes: blocks << (10 + binary.LittleEndian.Uint32(super[offLogBlockSize:])),
		clean:     state&stateClean != 0 && state&stateErrors == 0 && incompat&incompatRecover == 0,
	}
}
