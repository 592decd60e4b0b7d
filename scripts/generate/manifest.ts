// The parts of package.json that VS Code reads, built from src/shared/contributions.ts.
import { configExtensions } from "#core/config/slots.ts";
import {
  category,
  commands,
  configurationFilePattern,
  contextKeys,
  settings,
  terminalProfile,
  views,
  walkthrough,
} from "#shared/contributions.ts";

/** What each schema is for: stems of files in any folder, and of files in the home directory. */
const documents = [
  {
    schema: "./schemas/airlock.schema.json",
    stems: ["airlock", "airlock.local", ".airlock", ".airlock/config"],
  },
  { schema: "./schemas/settings.schema.json", stems: [".airlock/settings"] },
];

/** Keys of package.json that are generated, in the order in which they are written. */
export function manifest(): Record<string, unknown> {
  return {
    icon: "media/icon.png",
    capabilities: capabilities(),
    activationEvents: activationEvents(),
    contributes: contributes(),
  };
}

function capabilities(): unknown {
  return {
    untrustedWorkspaces: {
      supported: "limited",
      description:
        "A sandbox can be looked at, but not started, until the workspace is trusted: its configuration decides what of this machine the sandbox sees.",
      restrictedConfigurations: Object.values(settings)
        .filter((setting) => setting.restricted)
        .map((setting) => setting.id),
    },
    virtualWorkspaces: {
      supported: false,
      description: "A sandbox shares a folder of the machine it runs on.",
    },
  };
}

/** Commands, views and languages activate by themselves; these are the other ways in. */
function activationEvents(): string[] {
  return [
    ...configExtensions.flatMap((extension) => [
      `workspaceContains:airlock.${extension}`,
      `workspaceContains:airlock.local.${extension}`,
    ]),
    "workspaceContains:.airlock/sandbox/run.json",
    // A file of ours in a folder below, or in the home directory, has no event of its own. TOML is
    // contributed here, and so activates by itself.
    ...["json", "yaml"].map((language) => `onLanguage:${language}`),
    `onTerminalProfile:${terminalProfile.id}`,
    `onWebviewPanel:${views.panel}`,
  ];
}

function contributes(): unknown {
  return {
    commands: Object.values(commands).map((command) => ({
      command: command.id,
      title: command.title,
      category,
      ...("icon" in command ? { icon: command.icon } : {}),
      ...("when" in command ? { enablement: command.when } : {}),
    })),
    menus: menus(),
    configuration: { title: category, properties: settingProperties() },
    configurationDefaults: {
      // The disk changes with every write in the sandbox; nobody needs to be told.
      "files.watcherExclude": { "**/.airlock/sandbox/disk.img": true },
    },
    terminal: {
      profiles: [
        { id: terminalProfile.id, title: terminalProfile.title, icon: terminalProfile.icon },
      ],
    },
    ...toml(),
    ...validations(),
    walkthroughs: [gettingStarted()],
  };
}

function menus(): unknown {
  // The file of a folder below describes another sandbox than this window's.
  const inConfiguration = `resourceScheme == file && resourceFilename =~ ${configurationFilePattern}`;
  const isIdle = `resourceDirname in ${contextKeys.idleFolders}`;
  const isActive = `resourceDirname in ${contextKeys.activeFolders}`;
  return {
    commandPalette: Object.values(commands)
      .filter((command) => "when" in command)
      .map((command) => ({ command: command.id, when: command.when })),
    "editor/title": [
      {
        command: commands.start.id,
        when: `${inConfiguration} && ${isIdle}`,
        group: "navigation@1",
      },
      {
        command: commands.restart.id,
        when: `${inConfiguration} && ${isActive}`,
        group: "navigation@2",
      },
      {
        command: commands.openPanel.id,
        when: `${inConfiguration} && (${isIdle} || ${isActive})`,
        group: "navigation@3",
      },
      // Without an icon, so that the title shows them in words.
      { command: commands.approve.id, when: commands.approve.when, group: "navigation@1" },
      { command: commands.refuse.id, when: commands.refuse.when, group: "navigation@2" },
    ],
  };
}

function settingProperties(): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(settings).map((setting, order) => [
      setting.id,
      {
        type: "integer" in setting ? "integer" : typeof setting.default,
        default: setting.default,
        ...("minimum" in setting && { minimum: setting.minimum }),
        ...("values" in setting
          ? {
              enum: Object.keys(setting.values),
              enumDescriptions: Object.values(setting.values),
            }
          : {}),
        markdownDescription: setting.detail,
        scope: setting.scope,
        order,
      },
    ]),
  );
}

/**
 * TOML for a VS Code that has no other support for it, in our files only. The grammar has a name of
 * its own, so that it never takes the place of another extension's; where another one contributes a
 * grammar for the same language, VS Code uses that one.
 */
function toml(): Record<string, unknown> {
  const names = documents.flatMap(({ stems }) => stems.map((stem) => `${stem}.toml`));
  return {
    languages: [
      {
        id: "toml",
        aliases: ["TOML"],
        filenames: names.filter((name) => !name.includes("/")),
        filenamePatterns: [
          ...names.filter((name) => name.includes("/")).map((name) => `**/${name}`),
          // Our read-only documents: a pattern sees their path only.
          "/airlock-{presets,effective,approval}/*.toml",
        ],
        configuration: "./media/toml-language.json",
      },
    ],
    grammars: [
      {
        language: "toml",
        scopeName: "source.toml.airlock",
        path: "./syntaxes/toml.tmLanguage.json",
        embeddedLanguages: { "meta.embedded.block.lua": "lua" },
      },
    ],
  };
}

/** Schemas for the extensions that people use for JSON, YAML and TOML. */
function validations(): Record<string, unknown> {
  const names = (stems: readonly string[], extensions: readonly string[]) =>
    extensions.flatMap((extension) => stems.map((stem) => `${stem}.${extension}`));
  return {
    jsonValidation: documents.map(({ schema, stems }) => ({
      fileMatch: names(stems, ["json"]),
      url: schema,
    })),
    yamlValidation: documents.map(({ schema, stems }) => ({
      fileMatch: names(stems, ["yaml", "yml"]),
      url: schema,
    })),
    tomlValidation: documents.map(({ schema, stems }) => ({
      regexMatch: `^.*/(${stems.join("|").replaceAll(".", "\\.")})\\.toml$`,
      url: schema,
    })),
  };
}

function gettingStarted(): unknown {
  const link = (label: string, id: string) => `[${label}](command:${id})`;
  return {
    id: walkthrough,
    title: "Get started with Airlock",
    description: "Give a project a virtual machine of its own and work inside it.",
    steps: [
      {
        id: "airlock.check",
        title: "Check this machine",
        description: `A second tells whether sandboxes can run here, and how fast.\n${link("Check This Machine", commands.doctor.id)}`,
        media: { markdown: "media/walkthrough/check.md" },
        completionEvents: [`onCommand:${commands.doctor.id}`],
      },
      {
        id: "airlock.configure",
        title: "Describe the sandbox",
        description: `One file says which image, how many CPUs and how much memory.\n${link("Create Configuration", commands.createConfiguration.id)}`,
        media: { markdown: "media/walkthrough/configure.md" },
        completionEvents: [`onContext:${contextKeys.anyConfiguration}`],
      },
      {
        id: "airlock.start",
        title: "Start it",
        description: `A click on the status bar starts and stops the sandbox.\n${link("Start Sandbox", commands.start.id)}`,
        media: { markdown: "media/walkthrough/start.md" },
        completionEvents: [`onContext:${contextKeys.anyActive}`],
      },
      {
        id: "airlock.work",
        title: "Work inside",
        description: `A terminal in the sandbox sees the project and nothing else of this machine.\n${link("Open Terminal", commands.openTerminal.id)}\n${link("Open Panel", commands.openPanel.id)}`,
        media: { markdown: "media/walkthrough/work.md" },
        completionEvents: [`onCommand:${commands.openTerminal.id}`],
      },
    ],
  };
}
