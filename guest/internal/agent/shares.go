//go:build linux

package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/holders"
	"airlock.invalid/guest/internal/inroot"
	"airlock.invalid/guest/internal/kernel"
	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/rootfs"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

const (
	// busyGrace is the time in which processes of ended sessions let go of the shares.
	busyGrace = 2 * time.Second
	busyPause = 50 * time.Millisecond
	// mostHolders bounds an answer.
	mostHolders = 32
)

// DetachShares unmounts the shares, or says what is in the way.
func (a *Agent) DetachShares(ctx context.Context, request *connect.Request[agentv1.DetachSharesRequest]) (*connect.Response[agentv1.DetachSharesResponse], error) {
	world := a.world.Load()
	if world == nil {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errNotConfigured)
	}
	a.detaching.Lock()
	defer a.detaching.Unlock()
	mounts, err := rootfs.ShareMounts(tags(world.shares))
	if err != nil {
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	devices := map[holders.Device]bool{}
	for _, mount := range mounts {
		devices[mount.Device] = true
	}
	leaders, count := a.sessions.leaders()
	blocking := lasting(func() []holders.Holder {
		_, users := standing(outside(leaders, holders.Find(devices)), standsIn)
		return users
	})
	if len(blocking) > 0 || (count > 0 && !request.Msg.GetEndSessions()) {
		return connect.NewResponse(detachResponse(count, blocking)), nil
	}
	// What the disk's file system keeps in memory goes with the memory; it is written all the same, so
	// that little is lost when the suspended memory is thrown away. It can take all of the host's patience,
	// so it comes before anything changes.
	unix.Sync()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.sessions.setClosed(true)
	a.sessions.hangUp(ctx, a.reaper)
	a.takeAway(devices, world.harden)
	blocking, err = a.unmountShares(ctx, world, mounts, devices)
	if err != nil || len(blocking) > 0 {
		a.bringBack()
		a.sessions.setClosed(false)
	}
	if err != nil {
		a.log.Printf(logbook.Error, "shares", "%v", err)
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	return connect.NewResponse(detachResponse(0, blocking)), nil
}

// AttachShares mounts the shares again.
func (a *Agent) AttachShares(ctx context.Context, request *connect.Request[agentv1.AttachSharesRequest]) (*connect.Response[agentv1.AttachSharesResponse], error) {
	world := a.world.Load()
	if world == nil {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errNotConfigured)
	}
	a.detaching.Lock()
	defer a.detaching.Unlock()
	if err := setClock(request.Msg.GetClock()); err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	if err := kernel.MixEntropy(request.Msg.GetEntropy()); err != nil {
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	if err := mountShares(ctx, request.Msg.GetShares()); err != nil {
		a.log.Printf(logbook.Error, "shares", "%v", err)
		return nil, connect.NewError(configureCode(err), err)
	}
	a.bringBack()
	attached := *world
	attached.shares = request.Msg.GetShares()
	a.world.Store(&attached)
	a.sessions.setClosed(false)
	return connect.NewResponse(&agentv1.AttachSharesResponse{}), nil
}

// unmountShares unmounts all shares or none.
func (a *Agent) unmountShares(ctx context.Context, world *world, mounts []rootfs.ShareMount, devices map[holders.Device]bool) ([]holders.Holder, error) {
	err := unmountAll(ctx, mounts)
	var blocking []holders.Holder
	switch {
	case errors.Is(err, unix.EBUSY):
		if blocking = holders.Find(devices); len(blocking) == 0 {
			blocking = []holders.Holder{{Command: "?", Kind: holders.File, Path: world.dir}}
		}
		err = nil
	case err == nil:
		blocking = holders.Mounts(devices)
		// A host that has given up will not take the devices away.
		err = ctx.Err()
	}
	if err != nil || len(blocking) > 0 {
		err = errors.Join(err, rollBack(ctx, func(ctx context.Context) error { return remount(ctx, world.shares) }))
	}
	return blocking, err
}

// rollBack undoes what was begun for a host that may have given up by now: the sandbox runs on without
// its shares otherwise. What it waits for has deadlines of its own.
func rollBack(ctx context.Context, undo func(context.Context) error) error {
	return undo(context.WithoutCancel(ctx))
}

// unmountAll gives processes that are just ending a moment.
func unmountAll(ctx context.Context, mounts []rootfs.ShareMount) error {
	deadline := time.Now().Add(busyGrace)
	for len(mounts) > 0 {
		last := len(mounts) - 1
		err := rootfs.UnmountShare(mounts[last])
		if err == nil {
			mounts = mounts[:last]
			continue
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(busyPause)
	}
	return nil
}

// remount mounts the shares that are not.
func remount(ctx context.Context, shares []*agentv1.Share) error {
	mounted, err := rootfs.ShareMounts(tags(shares))
	if err != nil {
		return err
	}
	// They were unmounted from the last to the first.
	return mountShares(ctx, shares[min(len(mounted), len(shares)):])
}

func mountShares(ctx context.Context, shares []*agentv1.Share) error {
	root, err := inroot.Open(rootfs.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, share := range shares {
		err := withDeadline(ctx, func(ctx context.Context) error { return rootfs.MountShare(ctx, root, share) })
		if err != nil {
			return fmt.Errorf("share %s: %w", share.GetTag(), err)
		}
	}
	return nil
}

// lasting looks for holders until there are none or the time for passing ones is over: a program that
// reads a file now and then is not in the way.
func lasting(find func() []holders.Holder) []holders.Holder {
	deadline := time.Now().Add(busyGrace)
	for {
		found := find()
		if len(found) == 0 || time.Now().After(deadline) {
			return found
		}
		time.Sleep(busyPause)
	}
}

// outside leaves out what belongs to the sessions of the leaders.
func outside(leaders map[int]bool, found []holders.Holder) []holders.Holder {
	var others []holders.Holder
	for _, holder := range found {
		if !leaders[holders.Session(holder.Pid)] {
			others = append(others, holder)
		}
	}
	return others
}

func detachResponse(sessions int, blocking []holders.Holder) *agentv1.DetachSharesResponse {
	response := &agentv1.DetachSharesResponse{Sessions: uint32(sessions)}
	for _, holder := range blocking[:min(len(blocking), mostHolders)] {
		response.Holders = append(response.Holders, &agentv1.Holder{
			Pid:     uint32(holder.Pid),
			Command: holder.Command,
			Kind:    string(holder.Kind),
			Path:    rootfs.InContainer(holder.Path),
		})
	}
	return response
}

func tags(shares []*agentv1.Share) []string {
	all := make([]string, len(shares))
	for i, share := range shares {
		all[i] = share.GetTag()
	}
	return all
}
