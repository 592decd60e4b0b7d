// The parts of package.json that VS Code reads, built from src/shared/contributions.ts.
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

const schema = "./schemas/airlock.schema.json";

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
    ...["toml", "json", "yaml", "yml"].flatMap((extension) => [
      `workspaceContains:airlock.${extension}`,
      `workspaceContains:airlock.local.${extension}`,
    ]),
    "workspaceContains:.airlock/sandbox/run.json",
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
    languages: [
      {
        id: "toml",
        aliases: ["TOML"],
        filenames: ["airlock.toml", "airlock.local.toml", ".airlock.toml"],
        configuration: "./media/toml-language.json",
      },
    ],
    ...validations(),
    walkthroughs: [gettingStarted()],
  };
}

function menus(): unknown {
  const inConfiguration = `resourceFilename =~ ${configurationFilePattern}`;
  return {
    commandPalette: Object.values(commands)
      .filter((command) => "when" in command)
      .map((command) => ({ command: command.id, when: command.when })),
    "editor/title": [
      {
        command: commands.start.id,
        when: `${inConfiguration} && !${contextKeys.allActive}`,
        group: "navigation@1",
      },
      {
        command: commands.restart.id,
        when: `${inConfiguration} && ${contextKeys.anyActive}`,
        group: "navigation@2",
      },
      { command: commands.openPanel.id, when: inConfiguration, group: "navigation@3" },
    ],
  };
}

function settingProperties(): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(settings).map((setting, order) => [
      setting.id,
      {
        type: typeof setting.default,
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

/** Schemas for the extensions that people use for JSON, YAML and TOML. */
function validations(): Record<string, unknown> {
  const names = (extension: string) => [
    `airlock.${extension}`,
    `airlock.local.${extension}`,
    `.airlock.${extension}`,
    `.airlock/config.${extension}`,
  ];
  return {
    jsonValidation: [{ fileMatch: names("json"), url: schema }],
    yamlValidation: [{ fileMatch: [...names("yaml"), ...names("yml")], url: schema }],
    tomlValidation: [
      {
        regexMatch: "^.*/(airlock|airlock\\.local|\\.airlock|\\.airlock/config)\\.toml$",
        url: schema,
      },
    ],
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
