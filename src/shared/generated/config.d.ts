// Generated from schemas/*.json by scripts/generate/configSchema.ts. Do not edit.

/**
 * The sandbox of a project: `airlock.toml`, also as JSON or YAML.
 */
export interface AirlockConfiguration {
  /**
   * Tells an editor where this schema is.
   */
  $schema?: string;
  /**
   * Built-in presets to start from, such as `debian` or `nodejs`.
   */
  presets?: (
    | "alpine"
    | "arch"
    | "claude-code"
    | "copilot-cli"
    | "debian"
    | "fedora"
    | "nodejs"
    | "openai-codex"
    | "python"
    | "rust"
    | "suse"
  )[];
  /**
   * The virtual machine: image, CPUs, memory.
   */
  vm?: {
    /**
     * Image whose file system the sandbox starts from: a reference, or a table with `name`, `resolution` and `insecure`.
     */
    image?:
      | string
      | {
          /**
           * Required. Image reference, such as `alpine:3`, `embedded:base` or `oci:./image`.
           */
          name?: string | number | boolean;
          /**
           * Where to look for the image: `docker` asks only the local Docker daemon, `registry` only the registry, `auto` first one and then the other.
           */
          resolution?: "auto" | "docker" | "registry";
          /**
           * Talk to the registry in plain HTTP, without TLS.
           */
          insecure?: boolean | ("true" | "false");
        };
    /**
     * Number of virtual CPUs, from 1 to the number of CPUs of the host, at most 128. Default: all of them.
     */
    cpus?: number | string;
    /**
     * Memory of the machine, such as `"4 GB"`: at least 512 MB, at most what the host has. Default: half of the host's memory.
     */
    memory?: string;
    /**
     * Nested virtualisation: gives the guest `/dev/kvm`. Only on Linux hosts.
     */
    kvm?: boolean | ("true" | "false");
    /**
     * Reduced privileges for everything that runs in the sandbox. Switch it off for nested container engines.
     */
    harden?: boolean | ("true" | "false");
    /**
     * Kernel to boot instead of the bundled one. `~` and paths relative to the project are possible.
     */
    kernel?: string;
    /**
     * Initial RAM file system to boot instead of the bundled one.
     */
    initramfs?: string;
  };
  /**
   * What the sandbox can reach.
   */
  network?: {
    /**
     * What happens to connections that no rule names. `allow-always` and `deny-always` ignore the rules.
     */
    policy?: "allow-always" | "deny-always" | "allow-by-default" | "deny-by-default";
    /**
     * Named network rules.
     */
    rules?: {
      /**
       * A network rule: lists of targets to allow and to deny.
       */
      [k: string]: {
        /**
         * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
         */
        enabled?: boolean | ("true" | "false");
        /**
         * Targets the sandbox may reach. Targets are `host`, `host:port`, `*.domain` (exactly one label), `**.domain` (the domain and all below it) or `*`.
         */
        allow?: (string | number | boolean)[];
        /**
         * Targets the sandbox may not reach. Targets are `host`, `host:port`, `*.domain` (exactly one label), `**.domain` (the domain and all below it) or `*`.
         */
        deny?: (string | number | boolean)[];
        /**
         * Leave TLS of the allowed targets alone: no interception and no middleware.
         */
        passthrough?: boolean | ("true" | "false");
      };
    };
    /**
     * Named scripts over HTTP requests.
     */
    middleware?: {
      /**
       * A script that inspects or changes HTTP requests.
       */
      [k: string]: {
        /**
         * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
         */
        enabled?: boolean | ("true" | "false");
        /**
         * Targets whose HTTP requests run through the script. Targets are `host`, `host:port`, `*.domain` (exactly one label), `**.domain` (the domain and all below it) or `*`.
         */
        target?: (string | number | boolean)[];
        /**
         * Variables that the script sees. Values may refer to variables of the host: `$NAME`, `${NAME}` or `${NAME:default}`. Write a literal `$` as `\$`.
         */
        env?: {
          [k: string]: string | number | boolean;
        };
        /**
         * Required. Lua source that is run for each request.
         */
        script?: string | number | boolean;
      };
    };
    /**
     * Named groups of port forwards.
     */
    ports?: {
      /**
       * Port forwards between host and guest.
       */
      [k: string]: {
        /**
         * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
         */
        enabled?: boolean | ("true" | "false");
        /**
         * Ports of the host that the guest can reach on its own localhost: a number, or `"<hostPort>:<guestPort>"`.
         */
        host?: (number | string)[];
        /**
         * Ports of the guest that are published on the host's localhost: a number, or `"<hostPort>:<guestPort>"`.
         */
        guest?: (number | string)[];
      };
    };
    /**
     * Named Unix sockets of the host.
     */
    sockets?: {
      /**
       * A Unix socket of the host that the guest can use.
       */
      [k: string]: {
        /**
         * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
         */
        enabled?: boolean | ("true" | "false");
        /**
         * Required. Unix socket of the host, as `path` or `hostPath:guestPath`.
         */
        host?: string;
      };
    };
  };
  /**
   * Named host directories and files that the guest sees.
   */
  mounts?: {
    /**
     * A host directory or file that the guest sees.
     */
    [k: string]: {
      /**
       * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
       */
      enabled?: boolean | ("true" | "false");
      /**
       * Required. Path on the host. `~` is your home; a relative path starts in the project.
       */
      source?: string;
      /**
       * Required. Path in the guest. `~` is the home of the image's user.
       */
      target?: string;
      /**
       * Whether the guest may only read.
       */
      read_only?: boolean | ("true" | "false");
      /**
       * What to do when the source does not exist.
       */
      missing?: "fail" | "warn" | "ignore" | "create-dir" | "create-file";
      /**
       * Permissions of a created source, in octal digits. Default: `755` for a directory, `644` for a file.
       */
      create_mode?: string | number;
      /**
       * Content of a file that `missing = "create-file"` creates.
       */
      file_content?: string | number | boolean;
    };
  };
  /**
   * The sandbox's own disk.
   */
  disk?: {
    /**
     * Size of the sandbox's disk, such as `"20 GB"`, at least 64 MB. It takes space only as it fills.
     */
    size?: string;
    /**
     * Named directories that are kept.
     */
    cache?: {
      /**
       * Directories that outlive the sandbox's file system.
       */
      [k: string]: {
        /**
         * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
         */
        enabled?: boolean | ("true" | "false");
        /**
         * Required. Directories of the guest to keep when the sandbox is made anew. `~` is the home of the image's user.
         */
        paths?: string[];
      };
    };
  };
  /**
   * Environment of everything that runs in the sandbox. Values may refer to variables of the host: `$NAME`, `${NAME}` or `${NAME:default}`. Write a literal `$` as `\$`.
   */
  env?: {
    [k: string]: string | number | boolean;
  };
  /**
   * Named programs that run in the background.
   */
  daemons?: {
    /**
     * A program that runs in the background of the sandbox.
     */
    [k: string]: {
      /**
       * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
       */
      enabled?: boolean | ("true" | "false");
      /**
       * Required. Program and arguments. Lists of several files are joined, so a later file can only add arguments.
       */
      command?: (string | number | boolean)[];
      /**
       * Working directory in the guest.
       */
      cwd?: string | number | boolean;
      /**
       * Signal that asks the program to end.
       */
      signal?: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGKILL";
      /**
       * Seconds to wait for the end before the program is killed; 0 waits for ever.
       */
      timeout?: number | string;
      /**
       * When to start the program again.
       */
      restart?: "always" | "on-failure";
      /**
       * How many times to start it again; 0 is no limit.
       */
      max_restarts?: number | string;
      /**
       * Reduced privileges for this program, independent of `vm.harden`.
       */
      harden?: boolean | ("true" | "false");
      /**
       * Environment of the program, over the sandbox's own. Values may refer to variables of the host: `$NAME`, `${NAME}` or `${NAME:default}`. Write a literal `$` as `\$`.
       */
      env?: {
        [k: string]: string | number | boolean;
      };
    };
  };
  /**
   * Named parts of the project that are hidden from the guest.
   */
  mask?: {
    /**
     * Parts of the project to hide from the guest.
     */
    [k: string]: {
      /**
       * Whether the entry is in force. Set it to `false` to switch off an entry that another file or a preset defines.
       */
      enabled?: boolean | ("true" | "false");
      /**
       * Required. Paths relative to the project that the guest sees as empty.
       */
      paths?: (string | number | boolean)[];
    };
  };
}

/**
 * What belongs to a user and not to a project: `~/.airlock/settings.toml`.
 */
export interface AirlockUserSettings {
  /**
   * The vault of secrets.
   */
  vault?: {
    /**
     * Where secrets are kept: the system's keyring, a file with a passphrase, a plain file, or nowhere.
     */
    storage?: "keyring" | "encrypted-file" | "file" | "disabled";
  };
  /**
   * The monitor.
   */
  monitor?: {
    /**
     * How much the monitor keeps.
     */
    buffers?: {
      /**
       * How many HTTP requests are kept.
       */
      http?: number | string;
      /**
       * How many connections are kept.
       */
      tcp?: number | string;
      /**
       * How many rows of output are kept.
       */
      scrollback?: number | string;
    };
    /**
     * Keys of the monitor's actions: a key, or a list of keys; an empty list unbinds.
     */
    keys?: {
      [k: string]: string | string[];
    };
  };
  /**
   * Images.
   */
  images?: {
    /**
     * The largest image that is unpacked, such as `20 GB`.
     */
    max_size?: string;
  };
  /**
   * Registries by their hosts.
   */
  registries?: {
    /**
     * How one registry is reached; the entry's name is its host, with a port if it has one.
     */
    [k: string]: {
      /**
       * Servers that are asked first, in order; `http://` before a name means no encryption.
       */
      mirrors?: (string | number | boolean)[];
      /**
       * Speak plain HTTP with the registry.
       */
      insecure?: boolean | ("true" | "false");
      /**
       * PEM file with a certificate authority to trust; `~` is your home directory.
       */
      ca?: string;
    };
  };
}
