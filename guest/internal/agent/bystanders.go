//go:build linux

package agent

import (
	"errors"
	"fmt"
	"os"
	"time"

	"airlock.invalid/guest/internal/holders"
	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/relocate"
	"airlock.invalid/guest/internal/rootfs"
)

// bystander is a process whose only use of a share is that it stands in it, as all programs do that
// were started from a shell in the project.
type bystander struct {
	*relocate.Visitor
	// dir is where it stood, as it sees it.
	dir string
}

// attempts to find a bystander at a moment in which it has no file open.
const attempts = 20

// takeAway takes all bystanders out of the shares. One that cannot be taken away keeps them in use.
func (a *Agent) takeAway(devices map[holders.Device]bool, harden bool) {
	filters := 0
	if harden {
		filters = launch.Filters
	}
	for range attempts {
		places, _ := standing(holders.Find(devices), standsIn)
		again := false
		for pid, dir := range places {
			visitor, err := relocate.Away(a.reaper.Exclusive, pid, filters)
			if err != nil {
				a.log.Printf(logbook.Debug, "shares", "process %d stays in %s: %v", pid, dir, err)
				// It may just wait for a child that it has started, or have ended.
				again = again || !errors.Is(err, relocate.ErrUnsupported)
				continue
			}
			stander := bystander{visitor, dir}
			if len(holders.OfProcess(pid, devices)) > 0 {
				a.letGo(stander)
				again = true
				continue
			}
			a.bystanders = append(a.bystanders, stander)
			// It may have started another one just before.
			again = true
		}
		if !again {
			return
		}
		time.Sleep(busyPause)
	}
}

// bringBack lets all bystanders go on where they were.
func (a *Agent) bringBack() {
	for _, stander := range a.bystanders {
		a.letGo(stander)
	}
	a.bystanders = nil
}

func (a *Agent) letGo(stander bystander) {
	if err := stander.Back(stander.dir); err != nil {
		a.log.Printf(logbook.Warn, "shares", "process %d is not in %s any more: %v", stander.Pid, stander.dir, err)
	}
}

// standing finds the processes that only stand in a share, and leaves the uses by others.
func standing(found []holders.Holder, standsIn func(pid int, dir string) bool) (places map[int]string, others []holders.Holder) {
	places, moving := map[int]string{}, map[int]bool{}
	for _, holder := range found {
		known, again := places[holder.Pid]
		dir := rootfs.InContainer(holder.Path)
		if holder.Kind != holders.Directory || (again && known != dir) || !standsIn(holder.Pid, dir) {
			moving[holder.Pid] = true
		}
		places[holder.Pid] = dir
	}
	for _, holder := range found {
		if moving[holder.Pid] {
			delete(places, holder.Pid)
			others = append(others, holder)
		}
	}
	return places, others
}

// standsIn says whether a process sees the container's root as its own, and its directory under the
// name: it can be brought back there. One that was removed has no name.
func standsIn(pid int, dir string) bool {
	process := fmt.Sprintf("/proc/%d/", pid)
	return sameFile(process+"root", rootfs.Root) && sameFile(process+"cwd", process+"root"+dir)
}

func sameFile(one, other string) bool {
	first, err := os.Stat(one)
	if err != nil {
		return false
	}
	second, err := os.Stat(other)
	return err == nil && os.SameFile(first, second)
}
