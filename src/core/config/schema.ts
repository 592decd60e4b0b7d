import * as z from "zod";
import { toImageTable } from "./fields/coerce.ts";
import {
  asWritten,
  choice,
  count,
  flag,
  holds,
  list,
  mode,
  named,
  path,
  size,
  table,
  text,
  wants,
} from "./fields/fields.ts";
import { parsePortMapping } from "./fields/ports.ts";

const gibibyte = 1024 ** 3;
export const defaultDiskSizeBytes = 10 * gibibyte;

const enabled = flag()
  .default(true)
  .describe(
    "Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.",
  );

const template =
  "Values may refer to variables of the host: `$NAME`, `$" +
  "{NAME}` or `$" +
  "{NAME:default}`. Write a literal `$` as `\\$`.";

const environment = (what: string) =>
  named(holds("template", text())).default({}).describe(`${what} ${template}`);

const imageTable = z.object(
  {
    name: holds("image", text().pipe(z.string().min(1, "the name of an image cannot be empty")))
      .describe("Required. Image reference, such as `alpine:3`, `embedded:base` or `oci:./image`.")
      .meta({ examples: ["alpine:3", "embedded:base", "oci:./image"] }),
    resolution: choice(["auto", "docker", "registry"])
      .default("auto")
      .describe(
        "Where to look for the image: `docker` asks only the local Docker daemon, `registry` only the registry, `auto` first one and then the other.",
      ),
    insecure: flag().default(false).describe("Talk to the registry in plain HTTP, without TLS."),
  },
  { error: wants("an image reference, or a table with its `name`") },
);

const image = holds(
  "image",
  asWritten(z.preprocess(toImageTable, imageTable), (json) => ({
    anyOf: [{ type: "string", minLength: 1, examples: ["alpine:3", "embedded:base"] }, json],
  })),
)
  .default({ name: "alpine:latest", resolution: "auto", insecure: false })
  .describe(
    "Image whose file system the sandbox starts from: a reference, or a table with `name`, `resolution` and `insecure`.",
  );

const vm = table({
  image,
  cpus: count({ min: 1 })
    .optional()
    .describe(
      "Number of virtual CPUs, from 1 to the number of CPUs of the host, at most 128. Default: all of them.",
    ),
  memory: size()
    .optional()
    .describe(
      'Memory of the machine, such as `"4 GB"`: at least 512 MB, at most what the host has. Default: half of the host\'s memory.',
    )
    .meta({ examples: ["2 GB", "512 MB", "1.5G"] }),
  kvm: flag()
    .default(false)
    .describe("Nested virtualisation: gives the guest `/dev/kvm`. Only on Linux hosts."),
  harden: flag()
    .default(true)
    .describe(
      "Reduced privileges for everything that runs in the sandbox. Switch it off for nested container engines.",
    ),
  kernel: holds("hostPath", path("the kernel's path"))
    .optional()
    .describe(
      "Kernel to boot instead of the bundled one. `~` and paths relative to the project are possible.",
    ),
  initramfs: holds("hostPath", path("the initramfs' path"))
    .optional()
    .describe("Initial RAM file system to boot instead of the bundled one."),
}).describe("The virtual machine: image, CPUs, memory.");

const target =
  "Targets are `host`, `host:port`, `*.domain` (exactly one label), `**.domain` (the domain and all below it) or `*`.";

const rule = table({
  enabled,
  allow: list(holds("target", text()))
    .default([])
    .describe(`Targets the sandbox may reach. ${target}`),
  deny: list(holds("target", text()))
    .default([])
    .describe(`Targets the sandbox may not reach. ${target}`),
  passthrough: flag()
    .default(false)
    .describe("Leave TLS of the allowed targets alone: no interception and no middleware."),
}).describe("A network rule: lists of targets to allow and to deny.");

const middleware = table({
  enabled,
  target: list(holds("target", text()))
    .default([])
    .describe(`Targets whose HTTP requests run through the script. ${target}`),
  env: environment("Variables that the script sees."),
  script: holds("lua", text()).describe("Required. Lua source that is run for each request."),
}).describe("A script that inspects or changes HTTP requests.");

const portMapping = asWritten(
  z
    .union([z.number(), z.string()], {
      error: 'expected a port number or "<hostPort>:<guestPort>"',
    })
    .superRefine((value, context) => {
      const result = parsePortMapping(value);
      if ("error" in result) context.addIssue({ code: "custom", message: result.error });
    }),
  {
    anyOf: [
      { type: "integer", minimum: 1, maximum: 65_535 },
      { type: "string", pattern: "^[0-9]{1,5}:[0-9]{1,5}$" },
    ],
  },
);

const ports = table({
  enabled,
  host: list(portMapping)
    .default([])
    .describe(
      'Ports of the host that the guest can reach on its own localhost: a number, or `"<hostPort>:<guestPort>"`.',
    ),
  guest: list(portMapping)
    .default([])
    .describe(
      'Ports of the guest that are published on the host\'s localhost: a number, or `"<hostPort>:<guestPort>"`.',
    ),
}).describe("Port forwards between host and guest.");

const socket = table({
  enabled,
  host: holds("hostPath", path("the socket's path")).describe(
    "Required. Unix socket of the host, as `path` or `hostPath:guestPath`.",
  ),
}).describe("A Unix socket of the host that the guest can use.");

const network = table({
  policy: choice(["allow-always", "deny-always", "allow-by-default", "deny-by-default"])
    .default("allow-always")
    .describe(
      "What happens to connections that no rule names. `allow-always` and `deny-always` ignore the rules.",
    ),
  rules: named(rule).default({}).describe("Named network rules."),
  middleware: named(middleware).default({}).describe("Named scripts over HTTP requests."),
  ports: named(ports).default({}).describe("Named groups of port forwards."),
  sockets: named(socket).default({}).describe("Named Unix sockets of the host."),
}).describe("What the sandbox can reach.");

const mount = table({
  enabled,
  source: holds("hostPath", path("the source")).describe(
    "Required. Path on the host. `~` is your home; a relative path starts in the project.",
  ),
  target: holds("guestPath", path("the target")).describe(
    "Required. Path in the guest. `~` is the home of the image's user.",
  ),
  read_only: flag().default(false).describe("Whether the guest may only read."),
  missing: choice(["fail", "warn", "ignore", "create-dir", "create-file"])
    .default("fail")
    .describe("What to do when the source does not exist."),
  create_mode: mode()
    .optional()
    .describe(
      "Permissions of a created source, in octal digits. Default: `755` for a directory, `644` for a file.",
    ),
  file_content: text()
    .optional()
    .describe('Content of a file that `missing = "create-file"` creates.'),
}).describe("A host directory or file that the guest sees.");

const cache = table({
  enabled,
  paths: list(holds("guestPath", path("a cache path"))).describe(
    "Required. Directories of the guest to keep when the sandbox is made anew. `~` is the home of the image's user.",
  ),
}).describe("Directories that outlive the sandbox's file system.");

/** An ext4 file system with its journal, and room for what a sandbox writes to be of use. */
const minDiskBytes = 64 * 1024 ** 2;

const disk = table({
  size: size()
    .refine((bytes) => bytes === 0 || bytes >= minDiskBytes, {
      error: "less than the minimum of 64 MB",
    })
    .transform((bytes) => (bytes === 0 ? defaultDiskSizeBytes : bytes))
    .default(defaultDiskSizeBytes)
    .describe(
      'Size of the sandbox\'s disk, such as `"20 GB"`, at least 64 MB. It takes space only as it fills.',
    )
    .meta({ examples: ["20 GB"] }),
  cache: named(cache).default({}).describe("Named directories that are kept."),
}).describe("The sandbox's own disk.");

const daemon = table({
  enabled,
  command: list(text()).describe(
    "Required. Program and arguments. Lists of several files are joined, so a later file can only add arguments.",
  ),
  cwd: holds("guestPath", text()).default("/").describe("Working directory in the guest."),
  signal: choice(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL"])
    .default("SIGTERM")
    .describe("Signal that asks the program to end."),
  timeout: count({ min: 0 })
    .default(10)
    .describe("Seconds to wait for the end before the program is killed; 0 waits for ever."),
  restart: choice(["always", "on-failure"])
    .default("always")
    .describe("When to start the program again."),
  max_restarts: count({ min: 0 })
    .default(10)
    .describe("How many times to start it again; 0 is no limit."),
  harden: flag()
    .default(true)
    .describe("Reduced privileges for this program, independent of `vm.harden`."),
  env: environment("Environment of the program, over the sandbox's own."),
}).describe("A program that runs in the background of the sandbox.");

const mask = table({
  enabled,
  paths: list(holds("projectPath", text())).describe(
    "Required. Paths relative to the project that the guest sees as empty.",
  ),
}).describe("Parts of the project to hide from the guest.");

/** The merged configuration, without `presets`. */
export const configSchema = table({
  vm: vm.prefault({}),
  network: network.prefault({}),
  mounts: named(mount)
    .default({})
    .describe("Named host directories and files that the guest sees."),
  disk: disk.prefault({}),
  env: environment("Environment of everything that runs in the sandbox."),
  daemons: named(daemon).default({}).describe("Named programs that run in the background."),
  mask: named(mask)
    .default({})
    .describe("Named parts of the project that are hidden from the guest."),
});

/** One file, as users write it. */
export const configFileSchema = configSchema.extend({
  presets: list(holds("preset", text()))
    .default([])
    .describe("Built-in presets to start from, such as `debian` or `nodejs`."),
});

/** What the schema makes of the files, before the host's own defaults. */
export type ParsedConfig = z.output<typeof configSchema>;

/** The effective configuration: the file's own key names, defaults filled in, sizes in bytes. */
export type Config = Omit<ParsedConfig, "vm"> & {
  vm: Omit<ParsedConfig["vm"], "cpus" | "memory"> & { cpus: number; memory: number };
};
