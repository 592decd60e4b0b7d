/** A directory that the guest sees, and what of it the host hides. */
export type ShareView = {
  /** Absolute directory on the host. */
  source: string;
  /** Directory, relative to the working directory, on which the guest's view is assembled. */
  view: string;
  readOnly: boolean;
  /** Paths relative to the source that become empty and read-only. */
  covers: readonly string[];
};

/**
 * Assembles views in a private mount namespace, then becomes the command after `--`. All paths are
 * arguments and none is text of the script, so any byte in them is fine. A cover is an empty
 * read-only tmpfs on a directory; on a file it is the file `empty` of the working directory. With
 * `run`, the last view also appears as `servedDirectory`: the C virtiofsd keeps a lock below /run,
 * which an unprivileged user may not write and sandboxes must not share, and it leaves the working
 * directory before it opens its share. With `memory`, a file system of just the guest's size is put on
 * the directory `memory`: nobody else can fill it, and it is gone with the last process inside. The
 * memory of a saved machine comes as the standard input and is copied there, its holes as holes. New ones are not
 * looked for: that was done when it was saved. The command does not wait for the copy, but its file is whole in size
 * when it begins; `copied` on descriptor 3 says that all is there. In a subshell of its own, so that the command gets
 * no child that it knows nothing of.
 */
export const viewScript = `set -eu
while [ "$1" = share ]; do
  if [ "$4" = ro ]; then
    mount --bind -- "$2" "$3"
    mount -o remount,bind,ro -- "$3"
  else
    mount --rbind -- "$2" "$3"
  fi
  view=$3
  shift 4
  while [ "$1" = cover ]; do
    if [ -d "$view/$2" ]; then
      mount -t tmpfs -o ro,nosuid,nodev,noexec,mode=555,size=4k airlock "$view/$2"
    elif [ -e "$view/$2" ]; then
      mount --bind -- empty "$view/$2"
      mount -o remount,bind,ro -- "$view/$2"
    fi
    shift 2
  done
done
if [ "$1" = run ]; then
  mount -t tmpfs -o nosuid,nodev,noexec,mode=755 airlock /run
  mkdir /run/airlock
  mount --rbind -- "$view" /run/airlock
  ulimit -n "$(ulimit -H -n)"
  shift
fi
if [ "$1" = memory ]; then
  mount -t tmpfs -o "nosuid,nodev,noexec,mode=700,size=$2" airlock memory
  if [ "$3" = saved ]; then
    exec 4<&0 < /dev/null
    (
      {
        if cp --sparse=auto /proc/self/fd/4 memory/ram; then echo copied >&3; fi
        : >> memory/ram
      } &
    )
    until [ -e memory/ram ]; do :; done
    truncate -s "$4" memory/ram
    exec 3>&- 4<&-
    shift
  fi
  shift 3
fi
shift
exec "$@"
`;

/** Where a machine in such a view finds its memory. */
export const viewMemoryPath = "memory/ram";

/** Room beside the guest's pages that the file system may want for itself. */
const memorySlackBytes = 2 ** 20;

/** Where a daemon in a private /run finds its view. */
export const servedDirectory = "/run/airlock";

/** The memory of a machine that runs in the view. */
export type ViewMemory = {
  sizeBytes: number;
  /** Whether its content comes as the standard input, whose size it has then. */
  isSaved: boolean;
};

/** The script's arguments: what to assemble, then the command. */
export function viewArguments(
  views: readonly ShareView[],
  options: { privateRun: boolean; memory?: ViewMemory | undefined; command: readonly string[] },
): string[] {
  const shares = views.flatMap((view) => [
    "share",
    view.source,
    view.view,
    view.readOnly ? "ro" : "rw",
    ...view.covers.flatMap((cover) => ["cover", cover]),
  ]);
  return [
    ...shares,
    ...(options.privateRun ? ["run"] : []),
    ...(options.memory === undefined ? [] : memoryWords(options.memory)),
    "--",
    ...options.command,
  ];
}

function memoryWords({ sizeBytes, isSaved }: ViewMemory): string[] {
  const content = isSaved ? ["saved", String(sizeBytes)] : ["empty"];
  return ["memory", String(sizeBytes + memorySlackBytes), ...content];
}

/** The two programs called virtiofsd: QEMU's own up to 7.2, and its successor in Rust. */
export type VirtiofsdFlavour = "c" | "rust";

/** Which of the two printed this for `--help`: the C program first gives up its groups, or fails to. */
export function virtiofsdFlavour(help: string): VirtiofsdFlavour | undefined {
  if (help.includes("--shared-dir")) return "rust";
  if (help.includes("-o source=PATH") || help.includes("setgroups() failed")) return "c";
  return undefined;
}

export type VirtiofsdRequest = {
  flavour: VirtiofsdFlavour;
  socket: string;
  directory: string;
  readOnly: boolean;
  /** Whether it runs as (possibly namespaced) root and can lock itself in. */
  privileged: boolean;
};

/** Capabilities that no share needs and that a guest could misuse on the host's files. */
const droppedCapabilities = "-mknod:-setfcap";

/**
 * Arguments of virtiofsd. `cache=auto` asks the host again on every open, so that edits on either
 * side are seen; where the program allows it, names and sizes are trusted for 0.2 s only, because an
 * editor that saves and runs a command at once is faster than the default second. Extended
 * attributes stay off: they cost a request per write and could carry file capabilities to the host.
 */
export function virtiofsdArgv(request: VirtiofsdRequest): string[] {
  return request.flavour === "c" ? cArgv(request) : rustArgv(request);
}

function cArgv({ socket, directory }: VirtiofsdRequest): string[] {
  const options = [
    `source=${directory}`,
    "cache=auto",
    "timeout=0.2",
    "sandbox=namespace",
    `modcaps=${droppedCapabilities}`,
    "log_level=warn",
  ];
  return [
    "-f",
    `--socket-path=${socket}`,
    "--rlimit-nofile=0",
    ...options.flatMap((option) => ["-o", option]),
  ];
}

function rustArgv({ socket, directory, readOnly, privileged }: VirtiofsdRequest): string[] {
  return [
    `--socket-path=${socket}`,
    `--shared-dir=${directory}`,
    "--cache=auto",
    "--log-level=warn",
    "--rlimit-nofile=0",
    ...(privileged
      ? ["--sandbox=namespace", `--modcaps=${droppedCapabilities}`]
      : ["--sandbox=none"]),
    // A view is read-only already; older versions do not know the option.
    ...(readOnly && !privileged ? ["--readonly"] : []),
  ];
}
