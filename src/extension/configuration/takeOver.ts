import * as vscode from "vscode";
import type { Imported } from "#core/config/import/imported.ts";
import {
  devcontainerMarks,
  devcontainersFolder,
  sourceMarks,
  type TemplateSource,
  templateSources,
} from "./sources.ts";
import type { Additions } from "./template.ts";

/** What the user wants a new configuration to take over, and what of it was not possible. */
export type TakenOver = { additions: Additions; notes: number };

/** Looks for descriptions by other tools and asks which to use; undefined when the user gave up. */
export async function chooseAdditions(
  folder: vscode.WorkspaceFolder,
): Promise<TakenOver | undefined> {
  const sources = templateSources(await presentMarks(folder.uri));
  if (sources.length === 0) return { additions: {}, notes: 0 };
  const picked = await vscode.window.showQuickPick(sources.map(item), {
    title: "Airlock: Create Configuration",
    placeHolder: "What should airlock.toml take over?",
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked && (await additionsOf(folder.uri, picked));
}

async function presentMarks(folder: vscode.Uri): Promise<Set<string>> {
  const devcontainers = await vscode.workspace.fs
    .readDirectory(vscode.Uri.joinPath(folder, devcontainersFolder))
    .then(undefined, () => []);
  const marks = [...sourceMarks, ...devcontainerMarks(devcontainers.map(([name]) => name))];
  const found = await Promise.all(
    marks.map((mark) =>
      vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, mark)).then(
        () => [mark],
        () => [],
      ),
    ),
  );
  return new Set(found.flat());
}

type Item = vscode.QuickPickItem & { source: TemplateSource };

function item(source: TemplateSource): Item {
  if (source.kind === "preset") {
    const detail = "Hosts, settings folder and credential of the assistant; the first start asks.";
    return {
      ...{ label: `Preset ${source.preset}`, description: source.mark, detail },
      ...{ picked: source.picked, source },
    };
  }
  const isDevcontainer = source.kind === "devcontainer";
  const detail = isDevcontainer
    ? "Image, mounts, ports and environment; a comment lists what has no counterpart."
    : "Base image, ports and environment; a comment lists what only a build can do.";
  return { label: source.path, detail, picked: source.picked, source };
}

async function additionsOf(folder: vscode.Uri, picked: readonly Item[]): Promise<TakenOver> {
  const { importedToml } = await import("#core/config/import/imported.ts");
  const imports: Imported[] = [];
  const presets: string[] = [];
  for (const { source } of picked) {
    if (source.kind === "preset") presets.push(source.preset);
    else imports.push(await importFile(folder, source));
  }
  const [whole] = imports.length > 1 ? [imports.reduce(joined)] : imports;
  const sections = whole === undefined ? [] : [importedToml(whole)];
  return {
    additions: { presets, image: whole?.image, sections },
    notes: whole?.notes.length ?? 0,
  };
}

async function importFile(
  folder: vscode.Uri,
  { kind, path }: Exclude<TemplateSource, { kind: "preset" }>,
): Promise<Imported> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, path));
  const text = new TextDecoder().decode(bytes);
  if (kind === "devcontainer") {
    const { importDevcontainer } = await import("#core/config/import/devcontainer.ts");
    return importDevcontainer(path, text);
  }
  const { importDockerfile } = await import("#core/config/import/dockerfile.ts");
  return importDockerfile(path, text);
}

/** Two descriptions as one, because TOML has each table once; the first one wins. */
function joined(first: Imported, second: Imported): Imported {
  return {
    from: `${first.from} and ${second.from}`,
    image: first.image ?? second.image,
    env: { ...second.env, ...first.env },
    ports: [...new Set([...first.ports, ...second.ports])],
    mounts: { ...second.mounts, ...first.mounts },
    caches: { ...second.caches, ...first.caches },
    notes: [...first.notes, ...second.notes],
  };
}
