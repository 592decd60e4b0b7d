//go:build linux

package agent

import (
	"context"

	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/rootfs"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

// rootLifts is why a measure is soft that is made of mounts.
const rootLifts = "The sandbox's root user may mount the kernel's file systems anew."

// harden takes the measures that are not a matter of a single process, and notes all of them. One that
// fails is told and does not keep the sandbox from starting.
func (c *configuration) harden(context.Context) error {
	harden := c.request.GetHarden()
	for _, probed := range c.agent.probed() {
		c.note(probed.ID, harden, probed.Err)
	}
	if !harden {
		c.note("private-devices", false, nil)
		c.note("kernel-interfaces", false, nil)
		return nil
	}
	c.note("private-devices", true, rootfs.RemoveDevices())
	c.note("kernel-interfaces", true, rootfs.Mask(c.root))
	if last := c.measures[len(c.measures)-1]; last.On && c.user.UID == 0 {
		last.Detail = rootLifts
	}
	return nil
}

func (c *configuration) note(id string, wanted bool, err error) {
	measure := &agentv1.Measure{Id: id, On: wanted && err == nil}
	if wanted && err != nil {
		measure.Detail = err.Error()
		c.agent.log.Printf(logbook.Warn, "configure", "%s: %v", id, err)
	}
	c.measures = append(c.measures, measure)
}
