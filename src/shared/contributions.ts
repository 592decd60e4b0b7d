/**
 * Everything that Airlock adds to VS Code, declared once: the extension reads these values, and
 * `npm run generate` writes package.json and the tables of the README from them.
 */

type CommandContribution = {
  id: string;
  title: string;
  /** One sentence for the table of commands. */
  detail: string;
  icon?: string;
  /** When the command makes sense; it is the command's enablement and hides it from the palette. */
  when?: string;
};

/** Type of a setting's value, carried by its declaration and absent at run time. */
export type SettingContribution<Value extends string | number | boolean> = {
  id: string;
  default: Value;
  /** The allowed values with a sentence on each; absent for free text, numbers and switches. */
  values?: Value extends string ? Readonly<Record<Value, string>> : never;
  /** The least number. */
  minimum?: number;
  /** Present where only whole numbers make sense. */
  integer?: true;
  /** Markdown. */
  detail: string;
  scope: "machine" | "machine-overridable" | "resource" | "window";
  /** Whether a workspace that is not trusted may set it. */
  restricted: boolean;
};

export const extensionId = "airlock.airlock";

/** Name shown in the palette before the title of each command. */
export const category = "Airlock";

/**
 * Context keys. An unset key is false, so each is worded such that false is right before the extension
 * was activated.
 */
export const contextKeys = {
  /** At least one sandbox of this window starts, runs or stops. */
  anyActive: "airlock.anyActive",
  /** Every folder of this window has a sandbox that starts, runs or stops. */
  allActive: "airlock.allActive",
  /** Paths of the folders whose sandbox neither starts, runs nor stops. */
  idleFolders: "airlock.idleFolders",
  /** Paths of the folders whose sandbox starts, runs or stops. */
  activeFolders: "airlock.activeFolders",
  /** At least one sandbox of this window is suspended. */
  anySuspended: "airlock.anySuspended",
  /** At least one folder has an `airlock.*` file, `airlock.local.*` among them. */
  anyConfiguration: "airlock.anyConfiguration",
  /** At least one folder has an `airlock.*` file of the project. */
  anyProjectFile: "airlock.anyProjectFile",
  /** Every folder has an `airlock.*` file of the project. */
  allProjectFiles: "airlock.allProjectFiles",
} as const;

/** Scheme of the read-only documents that an approval compares. */
export const approvalScheme = "airlock-approval";

const hasFolder = "workspaceFolderCount != 0";

export const commands = {
  start: {
    id: "airlock.start",
    title: "Start Sandbox",
    detail: "Starts the folder's sandbox, with progress and cancel.",
    icon: "$(play)",
    when: `${hasFolder} && !${contextKeys.allActive}`,
  },
  stop: {
    id: "airlock.stop",
    title: "Stop Sandbox",
    detail: "Ends every process in the sandbox and powers its machine off. Its disk is kept.",
    icon: "$(debug-stop)",
    when: `${hasFolder} && ${contextKeys.anyActive}`,
  },
  suspend: {
    id: "airlock.suspend",
    title: "Suspend Sandbox",
    detail:
      "Saves the sandbox with the programs that run in it to disk and ends it; the next start goes on where they were. Attached terminals end.",
    icon: "$(debug-pause)",
    when: `${hasFolder} && ${contextKeys.anyActive}`,
  },
  discardSuspended: {
    id: "airlock.discardSuspended",
    title: "Discard Saved Programs…",
    detail:
      "Ends, after a question, the programs of a suspended sandbox without going on with them. Its disk is kept.",
    icon: "$(discard)",
    when: `${hasFolder} && ${contextKeys.anySuspended}`,
  },
  restart: {
    id: "airlock.restart",
    title: "Restart Sandbox",
    detail: "Stops the sandbox and starts it with the configuration as it is now.",
    icon: "$(debug-restart)",
    when: `${hasFolder} && ${contextKeys.anyActive}`,
  },
  toggle: {
    id: "airlock.toggle",
    title: "Toggle Sandbox",
    detail:
      "Starts a stopped sandbox and stops a running one: what a click on the status bar does.",
    when: hasFolder,
  },
  openTerminal: {
    id: "airlock.openTerminal",
    title: "Open Terminal",
    detail: "Opens a shell in the sandbox; starts the sandbox first when it is stopped.",
    icon: "$(terminal)",
    when: hasFolder,
  },
  runCommand: {
    id: "airlock.runCommand",
    title: "Run Command in Sandbox…",
    detail: "Asks for a command and runs it in a new terminal of the sandbox, which stays open.",
    when: hasFolder,
  },
  openPanel: {
    id: "airlock.openPanel",
    title: "Open Panel",
    detail: "Shows image, resources, hardening, mounts and load of the sandbox.",
    icon: "$(dashboard)",
    when: hasFolder,
  },
  openConfiguration: {
    id: "airlock.openConfiguration",
    title: "Open Configuration",
    detail: "Opens the folder's `airlock.*` file.",
    icon: "$(settings-gear)",
    when: `${hasFolder} && ${contextKeys.anyProjectFile}`,
  },
  createConfiguration: {
    id: "airlock.createConfiguration",
    title: "Create Configuration…",
    detail:
      "Writes an `airlock.toml` that fits the folder's content; can take over a `devcontainer.json`, a `Dockerfile` and the settings of assistants. Never overwrites a file.",
    icon: "$(new-file)",
    when: `${hasFolder} && !${contextKeys.allProjectFiles}`,
  },
  openLocalConfiguration: {
    id: "airlock.openLocalConfiguration",
    title: "Open Local Configuration",
    detail:
      "Opens the folder's `airlock.local.*` file, your own changes to the project's; creates it when there is none.",
    when: hasFolder,
  },
  openUserConfiguration: {
    id: "airlock.openUserConfiguration",
    title: "Open User Configuration",
    detail: "Opens your configuration for all projects; creates it when there is none.",
  },
  showEffectiveConfiguration: {
    id: "airlock.showEffectiveConfiguration",
    title: "Show Effective Configuration",
    detail:
      "Shows what all configuration files and presets amount to, with the place that each value comes from.",
    icon: "$(list-tree)",
    when: hasFolder,
  },
  showLogs: {
    id: "airlock.showLogs",
    title: "Show Logs",
    detail: "Shows the sandbox's log and what the extension did.",
    icon: "$(output)",
  },
  doctor: {
    id: "airlock.doctor",
    title: "Doctor",
    detail: "Checks what a sandbox needs on this machine and says how to mend it.",
    icon: "$(pulse)",
  },
  pruneImages: {
    id: "airlock.pruneImages",
    title: "Prune Images…",
    detail: "Deletes the stored images that no project uses, after a question that names them.",
  },
  approve: {
    id: "airlock.approve",
    title: "Approve and Start",
    detail: "In the diff of an approval: says yes to what the sandbox asks for, and starts it.",
    when: `resourceScheme == ${approvalScheme}`,
  },
  refuse: {
    id: "airlock.refuse",
    title: "Don't Approve",
    detail: "In the diff of an approval: says no, as closing it does.",
    when: `resourceScheme == ${approvalScheme}`,
  },
  remove: {
    id: "airlock.remove",
    title: "Remove Sandbox…",
    detail: "Deletes the sandbox's disk and state after a question. Configuration files stay.",
    icon: "$(trash)",
    when: hasFolder,
  },
} as const satisfies Record<string, CommandContribution>;

export const settings = {
  accelerator: {
    id: "airlock.accelerator",
    default: "auto",
    values: {
      auto: "Hardware virtualisation where it really works, else software emulation.",
      kvm: "KVM of Linux. A start fails when it cannot be used.",
      hvf: "Hypervisor.framework of macOS. A start fails when it cannot be used.",
      tcg: "Software emulation: works everywhere, several times slower.",
    },
    detail: "What runs the sandbox's virtual CPUs.",
    scope: "machine-overridable",
    restricted: true,
  } satisfies SettingContribution<"auto" | "kvm" | "hvf" | "tcg">,
  qemuPath: {
    id: "airlock.qemuPath",
    default: "",
    detail:
      "Path of the QEMU program that runs sandboxes, such as `/opt/qemu/bin/qemu-system-x86_64`. Empty: the one on the PATH.",
    scope: "machine",
    restricted: false,
  } satisfies SettingContribution<string>,
  maxImageSize: {
    id: "airlock.maxImageSize",
    default: "",
    detail:
      "The largest image that is unpacked, such as `40 GB`. Empty: what `images.max_size` of the user settings says, `20 GB` without one.",
    scope: "machine",
    restricted: false,
  } satisfies SettingContribution<string>,
  warmStart: {
    id: "airlock.warmStart",
    default: "on",
    values: {
      on: "The first start of a machine keeps a snapshot of it, from which later ones resume.",
      off: "Every start boots the machine.",
    },
    detail:
      "Whether sandboxes start from a snapshot of the machine before anything of a project was in it.",
    scope: "machine-overridable",
    restricted: false,
  } satisfies SettingContribution<"on" | "off">,
  warmStartMaxSize: {
    id: "airlock.warmStartMaxSize",
    default: "2 GB",
    detail:
      "Space on the disk for snapshots of machines, all together; those that were not used for longest are removed.",
    scope: "machine",
    restricted: false,
  } satisfies SettingContribution<string>,
  logLevel: {
    id: "airlock.logLevel",
    default: "info",
    values: {
      trace: "Everything, including each message between host and guest.",
      debug: "Steps of a start, one line each.",
      info: "Starts, stops and what they found.",
      warn: "What went wrong but did not matter.",
      error: "Only failures.",
    },
    detail:
      "How much the sandbox writes to `.airlock/airlock.log`. Takes effect at the next start. The extension's own output channel has its level in *Developer: Set Log Level…*.",
    scope: "window",
    restricted: false,
  } satisfies SettingContribution<"trace" | "debug" | "info" | "warn" | "error">,
  approval: {
    id: "airlock.approval",
    default: "ask",
    values: {
      ask: "Asks once about each configuration, and again when it grants more.",
      always: "Approves everything unasked. The extension's log says what.",
    },
    detail:
      "What happens when a configuration reaches beyond the sandbox: asks for other folders, sockets, ports or variables of this machine, or lifts a protection. The sandbox can write that configuration, so `always` lets it give itself all of this. A workspace cannot set it.",
    scope: "machine",
    restricted: false,
  } satisfies SettingContribution<"ask" | "always">,
  terminalShell: {
    id: "airlock.terminalShell",
    default: "",
    detail:
      "Path of the shell that a sandbox terminal runs, as seen inside the sandbox. Empty: `bash` where the image has it, else `sh`.",
    scope: "resource",
    restricted: false,
  } satisfies SettingContribution<string>,
  suspendOnWindowClose: {
    id: "airlock.suspend.onWindowClose",
    default: false,
    detail:
      "Suspends the sandbox soon after its last window was closed, unless a command is attached to it. The memory of a suspended sandbox lies in the project's `.airlock` folder.",
    scope: "resource",
    restricted: false,
  } satisfies SettingContribution<boolean> as SettingContribution<boolean>,
  suspendIdleMinutes: {
    id: "airlock.suspend.idleMinutes",
    default: 0,
    minimum: 0,
    integer: true,
    detail:
      "Suspends the sandbox after so many minutes in which nothing was attached to it and its processors were idle. 0: never.",
    scope: "resource",
    restricted: false,
  } satisfies SettingContribution<number> as SettingContribution<number>,
} as const;

export const views = {
  /** View type of the panel; also what VS Code restores it by after a reload. */
  panel: "airlock.panel",
} as const;

export const terminalProfile = {
  id: "airlock.sandbox",
  title: "Airlock Sandbox",
  icon: "vm",
} as const;

export const statusBarItem = { id: "airlock.status", name: "Airlock Sandbox" } as const;

export const outputChannel = "Airlock";

export const walkthrough = "airlock.gettingStarted";

/** Scheme of the read-only documents that show what a program printed. */
export const reportScheme = "airlock-report";

/** Scheme of the read-only documents that show what a configuration amounts to. */
export const effectiveScheme = "airlock-effective";

/** File names of the configuration, in the order in which they are looked for. */
export const configurationExtensions = ["toml", "json", "yaml", "yml"] as const;

/** Glob of a folder's own configuration files. */
export const configurationGlob = "airlock{,.local}.{toml,json,yaml,yml}";

/** Globs, from the home directory, of the configuration for all projects. */
export const userConfigurationGlobs = [
  ".airlock.{toml,json,yaml,yml}",
  ".airlock/config.{toml,json,yaml,yml}",
] as const;

/** Glob, from the home directory, of the user's settings. */
export const userSettingsGlob = ".airlock/settings.{toml,json,yaml,yml}";

/** The same as a pattern for `when` clauses on `resourceFilename`. */
export const configurationFilePattern = "/^airlock(\\.local)?\\.(toml|json|ya?ml)$/";
