import { availableParallelism, totalmem } from "node:os";
import { readDocument } from "#core/config/formats/document.ts";
import type { Document } from "#core/config/formats/tree.ts";
import { type ConfigResult, loadConfig, loadSteps } from "#core/config/load.ts";
import { presetTexts } from "#core/config/presets.generated.ts";
import type { ConfigSource } from "#core/config/types.ts";
import { KeysBeside } from "#core/language/beside.ts";
import { type Files, readSlots, type SlotContents } from "./slotFiles.ts";
import { inTurns } from "./turns.ts";

/** Everything known of one project at one moment; the same object as long as no file changes. */
export type Project = SlotContents & {
  /** Made when it is first asked for. */
  readonly result: ConfigResult;
  /** Has it made while other messages get their answers; false if nobody wanted it any more. */
  readonly prepare: (isWanted: () => boolean) => Promise<boolean>;
};

/** The configurations that open files are part of. */
export class Projects {
  private readonly files: Files;
  private readonly known = new Map<string, Project>();
  private readonly documents = new Map<string, { source: ConfigSource; document: Document }>();
  private readonly besides = new Map<string, { from: readonly unknown[]; keys: KeysBeside }>();

  constructor(files: Files) {
    this.files = files;
  }

  /** The project in a directory; without one, the user-wide files alone. */
  async at(directory: string | undefined): Promise<Project> {
    const key = directory ?? "";
    const contents = await readSlots(directory, this.files);
    const before = this.known.get(key);
    if (before !== undefined && isSame(before, contents)) return before;
    const project = this.projectOf(contents);
    this.known.set(key, project);
    return project;
  }

  /** What all files but one set, and all presets; the same object as long as none of these change. */
  beside({ sources }: Project, path: string, presets: readonly string[]): KeysBeside {
    const others = sources.filter((each) => each.path !== path).map((each) => this.read(each));
    const from = [...others, ...presets];
    const known = this.besides.get(path);
    const isSameAsBefore =
      known?.from.length === from.length && known.from.every((each, at) => each === from[at]);
    if (known !== undefined && isSameAsBefore) return known.keys;
    const keys = new KeysBeside(others, presets, presetTexts);
    this.besides.set(path, { from, keys });
    return keys;
  }

  private projectOf({ sources, diagnostics }: SlotContents): Project {
    let result: ConfigResult | undefined;
    const read = (source: ConfigSource) => this.read(source);
    return {
      ...{ sources, diagnostics },
      get result() {
        result ??= loadConfig(sources, hostFacts(), { read });
        return result;
      },
      async prepare(isWanted) {
        result ??= await inTurns(loadSteps(sources, hostFacts(), { read }), isWanted);
        return result !== undefined;
      },
    };
  }

  /** Of several files only the one that is typed in has to be read again. */
  private read(source: ConfigSource): Document {
    const known = this.documents.get(source.path);
    if (known?.source.scope === source.scope && known.source.text === source.text) {
      return known.document;
    }
    const document = readDocument(source);
    this.documents.set(source.path, { source, document });
    return document;
  }
}

function isSame(before: SlotContents, now: SlotContents): boolean {
  return (
    before.sources.length === now.sources.length &&
    before.sources.every(({ path, text, scope }, index) => {
      const other = now.sources[index];
      return other?.path === path && other.scope === scope && other.text === text;
    }) &&
    JSON.stringify(before.diagnostics) === JSON.stringify(now.diagnostics)
  );
}

function hostFacts() {
  return {
    platform: process.platform,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    hasVariable: (name: string) => Object.hasOwn(process.env, name),
  };
}
