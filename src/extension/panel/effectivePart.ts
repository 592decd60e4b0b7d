import { homedir } from "node:os";
import { relative, sep } from "node:path";
import * as vscode from "vscode";
import type { Logger } from "#shared/log.ts";
import type { EffectiveView } from "#shared/protocol/panel.ts";
import { effectiveTree, type OriginTarget } from "../configuration/effectiveTree.ts";
import { readEffective, watchConfiguration } from "../configuration/follow.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { inBackground } from "../services/inBackground.ts";
import type { Program } from "../services/program.ts";

type Options = {
  folder: string;
  program: Program;
  logger: Logger;
  isVisible: () => boolean;
  onChange: (view: EffectiveView) => void;
};

/** The panel's tree of the effective configuration, which follows the files while somebody looks. */
export class EffectivePart implements Disposable {
  readonly #options: Options;
  readonly #store = new DisposableStore();
  #targets: readonly OriginTarget[] = [];
  #isWatching = false;
  #isStale = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The tree as it is now; changes are told from then on. */
  async view(): Promise<EffectiveView> {
    const { folder, program } = this.#options;
    if (!this.#isWatching) {
      this.#isWatching = true;
      this.#store.add(watchConfiguration(folder, () => this.#changed()));
    }
    this.#isStale = false;
    const finished = await readEffective(program, folder);
    const { targets, ...view } = effectiveTree(finished, (path) => shownPath(path, folder));
    this.#targets = targets;
    return view;
  }

  /** Tells what has changed while nobody looked. */
  looked(): void {
    if (!this.#isStale || !this.#options.isVisible()) return;
    inBackground("effective configuration", this.#tell(), this.#options.logger);
  }

  /** Opens a place that the last tree names; another one is not for the panel to choose. */
  async open(target: number): Promise<void> {
    const place = this.#targets[target];
    if (place === undefined) return;
    const at = new vscode.Position(place.line - 1, place.column - 1);
    const options = { selection: new vscode.Range(at, at) };
    await vscode.window.showTextDocument(vscode.Uri.file(place.path), options);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #changed(): void {
    this.#isStale = true;
    this.looked();
  }

  async #tell(): Promise<void> {
    this.#options.onChange(await this.view());
  }
}

/** A path as a person in the folder would write it. */
function shownPath(path: string, folder: string): string {
  if (path.startsWith(folder + sep)) return relative(folder, path);
  const home = homedir();
  return path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}
