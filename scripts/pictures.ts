// `npm run pictures`: takes the pictures of README and user guide anew, from the packaged extension in a real
// workbench with a real sandbox, into docs/images.
import { join } from "node:path";
import { prompt, shows } from "#test/support/waits.ts";
import { noWorkbench, startWorkbench, until } from "#test/support/workbench.ts";

const slowMs = 120_000;
const imagesDir = join(import.meta.dirname, "..", "docs", "images");
const settings = {
  "workbench.colorTheme": "Default Dark Modern",
  "editor.minimap.enabled": false,
};
const files = {
  "airlock.toml": `# The sandbox of this project: a virtual machine of its own.

[vm]
image = "embedded:base"
cpus = 2
memory = "2 GB"

[env]
GREETING = "hello"
`,
  "package.json": '{ "name": "hello" }\n',
  "README.md": "# Hello\n",
  "src/main.js": 'console.log("hello");\n',
};

if (noWorkbench !== false) throw new Error(noWorkbench);
const workbench = await startWorkbench(settings);
try {
  const window = await workbench.open(workbench.folder("hello", files));
  const take = async (name: string, width: number, height: number) => {
    await window.page.setViewportSize({ width, height });
    await window.page.screenshot({ path: join(imagesDir, `${name}.png`) });
  };
  await window.page.setViewportSize({ width: 1180, height: 760 });
  await window.page.locator(".explorer-folders-view").getByText("airlock.toml").dblclick();
  await window.page.getByText("Start Sandbox").first().waitFor();
  await window.command("Airlock: Start Sandbox");
  await window.notification("Booting").waitFor({ timeout: slowMs });
  await take("start", 1180, 760);
  await shows(window, /embedded:base/, slowMs);
  await window.command("Notifications: Clear All Notifications");

  await window.command("Airlock: Open Terminal");
  await prompt(window);
  await window.typeInTerminal("uname -a; echo $GREETING; ls -l");
  await until("the output", async () => /^hello$[\s\S]*# *$/m.test(await window.terminalText()));
  await window.page.locator(".codelens-decoration").getByText("Stop Sandbox").waitFor();
  await take("terminal", 1180, 760);

  await window.command("View: Toggle Panel Visibility");
  await window.command("View: Toggle Primary Side Bar Visibility");
  await window.command("Airlock: Open Panel");
  await window.webview.getByText("Effective configuration").first().waitFor();
  await take("panel", 1100, 1500);
  await window.command("Airlock: Stop Sandbox");
  await shows(window, /stopped/, slowMs);
} finally {
  await workbench.dispose();
}
