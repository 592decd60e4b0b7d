// Finds the npm packages that are part of the bundles, with their licence texts.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Metafile } from "esbuild";
import type { Notice } from "./notice.ts";

const licenceFile = /^(licen[cs]e|copying|notice)/i;

/** One notice for each package that any of the bundles has code of, sorted by name. */
export function npmNotices(metafiles: readonly Metafile[]): Notice[] {
  const folders = new Set(
    metafiles
      .flatMap((metafile) => Object.values(metafile.outputs))
      .flatMap((output) => Object.entries(output.inputs))
      .filter(([path, { bytesInOutput }]) => path.includes("node_modules/") && bytesInOutput > 0)
      .map(([path]) => packageFolder(path)),
  );
  return [...folders].map(noticeOf).sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** The folder of the package that a file belongs to: the nearest one whose package.json has a version. */
function packageFolder(path: string): string {
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version) return folder;
  }
  throw new Error(`no package.json above ${path}`);
}

type Manifest = {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
};

function noticeOf(folder: string): Notice {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((name) => licenceFile.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  return {
    name: manifest.name,
    version: manifest.version,
    licence: manifest.license ?? "see the text",
    text: texts.join("\n") || withoutText(manifest),
  };
}

/** Some packages name a licence and leave its text out; the text is then in the last part of the notices. */
function withoutText({ name, license, author }: Manifest): string {
  const authorName = typeof author === "string" ? author : author?.name;
  return `Copyright: ${authorName ?? `the authors of ${name}`}.\nLicensed under ${license}; its text is in the last part of this file.`;
}
