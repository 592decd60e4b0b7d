//go:build linux

package disk

import (
	"encoding/binary"
	"errors"
	"testing"
)

func ext4Head(name string, state uint16, incompat uint32) []byte {
	head := make([]byte, headBytes)
	super := head[superOffset:]
	binary.LittleEndian.PutUint32(super[offBlocksLow:], 1<<20)
	binary.LittleEndian.PutUint32(super[offLogBlockSize:], 2)
	binary.LittleEndian.PutUint16(super[offMagic:], ext4Magic)
	binary.LittleEndian.PutUint16(super[offState:], state)
	binary.LittleEndian.PutUint32(super[offIncompat:], incompat)
	copy(super[offLabel:offLabel+16], name)
	return head
}

func with(head []byte, offset int, bytes string) []byte {
	copy(head[offset:], bytes)
	return head
}

func TestClassify(t *testing.T) {
	tests := map[string]struct {
		head  []byte
		want  content
		clean bool
		err   error
	}{
		"zeros are blank":                      {make([]byte, headBytes), blank, false, nil},
		"a clean disk of ours":                 {ext4Head(label, stateClean, 0), ours, true, nil},
		"a journal to replay":                  {ext4Head(label, stateClean, incompatRecover), ours, false, nil},
		"not unmounted":                        {ext4Head(label, 0, 0), ours, false, nil},
		"errors were seen":                     {ext4Head(label, stateClean|stateErrors, 0), ours, false, nil},
		"a formatting that was cut":            {with(make([]byte, headBytes), 0, formatting), unfinished, false, nil},
		"somebody's ext4":                      {ext4Head("backup", stateClean, 0), 0, false, ErrForeign},
		"ext4 without label":                   {ext4Head("", stateClean, 0), 0, false, ErrForeign},
		"a partition table":                    {with(make([]byte, headBytes), 510, "\x55\xaa"), 0, false, ErrForeign},
		"btrfs, whose mark lies beyond 64 KiB": {with(make([]byte, headBytes), 64<<10+64, "_BHRfS_M"), 0, false, ErrForeign},
		"a disk too small for anything":        {make([]byte, 1024), 0, false, ErrForeign},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, super, err := classify(test.head)
			if !errors.Is(err, test.err) {
				t.Fatalf("got error %v, want %v", err, test.err)
			}
			if err == nil && (got != test.want || super.clean != test.clean) {
				t.Errorf("got %v clean=%v, want %v clean=%v", got, super.clean, test.want, test.clean)
			}
		})
	}
}

func TestSuperblockSize(t *testing.T) {
	_, super, err := classify(ext4Head(label, stateClean, 0))
	if want := uint64(4 << 30); err != nil || super.sizeBytes != want {
		t.Errorf("got %d, %v, want %d", super.sizeBytes, err, want)
	}
	head := ext4Head(label, stateClean, incompat64Bit)
	binary.LittleEndian.PutUint32(head[superOffset+offBlocksHigh:], 1)
	_, super, _ = classify(head)
	if want := uint64(1<<32+1<<20) << 12; super.sizeBytes != want {
		t.Errorf("64 bit: got %d, want %d", super.sizeBytes, want)
	}
}
