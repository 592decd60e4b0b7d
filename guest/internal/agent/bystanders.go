//go:build linux

package agent

import (
	"fmt"
	"os"
	"strings"
	"time"

	"airlock.invalid/guest/internal/holders"
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
func (a *Agent) takeAway(devices map[holders.Device]bool) {
	for range attempts {
		places, _ := standing(holders.Find(devices), inContainer)
		again := false
		for pid, dir := range places {
			visitor, err := relocate.Away(a.reaper.Exclusive, pid)
			if err != nil {
				a.log.Printf(logbook.Debug, "shares", "process %d stays in %s: %v", pid, dir, err)
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
func standing(found []holders.Holder, inContainer func(pid int) bool) (places map[int]string, others []holders.Holder) {
	places, moving := map[int]string{}, map[int]bool{}
	for _, holder := range found {
		known, again := places[holder.Pid]
		dir := rootfs.InContainer(holder.Path)
		stands := holder.Kind == holders.Directory && dir != holder.Path && !strings.HasSuffix(dir, " (deleted)")
		if !stands || (again && known != dir) || !inContainer(holder.Pid) {
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

// inContainer says whether a process sees paths as the container does.
func inContainer(pid int) bool {
	root, err := os.Readlink(fmt.Sprintf("/proc/%d/root", pid))
	return err == nil && root == rootfs.Root
}
