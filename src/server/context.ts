import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { presetTexts } from "#core/config/presets.generated.ts";
import { configFileSchema } from "#core/config/schema.ts";
import { settingsSchema } from "#core/config/settings.ts";
import { type KeysBeside, presetsIn } from "#core/language/beside.ts";
import type { KnownFile, KnownImage, LanguageContext } from "#core/language/context.ts";
import type { DocumentModel } from "#core/language/model/model.ts";
import { readModel } from "#core/language/model/read.ts";
import { presetUri } from "#shared/presetUri.ts";
import type { Project, Projects } from "./projects.ts";
import { kindOf } from "./slotFiles.ts";

/** A document, and the project that it is part of; settings are part of none. */
export type DocumentContext = LanguageContext & { project?: Project };

/** Makes of each version of a document once what all answers about it need. */
export class Contexts {
  private readonly projects: Projects;
  private readonly presetCommand: string | undefined;
  private readonly models = new WeakMap<TextDocument, { version: number; model: DocumentModel }>();

  constructor(parts: { projects: Projects; presetCommand: string | undefined }) {
    this.projects = parts.projects;
    this.presetCommand = parts.presetCommand;
  }

  /** Images are looked up by those who answer about some: nobody else should wait for it. */
  async of(
    path: string,
    document: TextDocument,
    images: readonly KnownImage[] = [],
  ): Promise<DocumentContext> {
    const kind = kindOf(path);
    const directory = kind === "project" ? dirname(path) : undefined;
    const project = kind === "settings" ? undefined : await this.projects.at(directory);
    // Only now, so that no edit can come between this version and the answer about it.
    // Relative paths of the settings start in the home directory, as nothing else is known there.
    const from = kind === "settings" ? homedir() : dirname(path);
    const base = {
      ...{ path, model: this.model(path, document), presets: presetTexts },
      environment: Object.keys(process.env).sort(),
      listFiles: (directory: string) => listFiles(from, directory),
      link: (target: string, line: number, column: number) =>
        `${pathToFileURL(target).href}#${line},${column}`,
      presetLink: (preset: string, line: number) => this.presetLink(preset, line),
    };
    if (project === undefined) return { ...base, schema: settingsSchema, images };
    const { projects } = this;
    let beside: KeysBeside | undefined;
    return {
      ...{ ...base, schema: configFileSchema, images, project },
      get result() {
        return project.result;
      },
      get beside() {
        beside ??= projects.beside(project, path, presetsIn(base.model));
        return beside;
      },
    };
  }

  /** In a hover, VS Code follows commands that its extension allows, and no schemes of extensions. */
  private presetLink(preset: string, line: number): string {
    if (this.presetCommand === undefined) return `${presetUri(preset)}#${line}`;
    return `command:${this.presetCommand}?${encodeURIComponent(JSON.stringify([preset, line]))}`;
  }

  private model(path: string, document: TextDocument): DocumentModel {
    const { version } = document;
    const known = this.models.get(document);
    if (known?.version === version) return known.model;
    const model = readModel(path, document.getText());
    this.models.set(document, { version, model });
    return model;
  }
}

/** More than anybody looks through. */
const maxListed = 500;

/** A directory as a configuration names it: `~` is the home, the rest starts somewhere. */
function listFiles(from: string, directory: string): KnownFile[] {
  const path = directory.replace(/^~(?=\/|$)/, homedir());
  try {
    const entries = readdirSync(resolve(from, path), { withFileTypes: true });
    return entries.slice(0, maxListed).map((entry) => ({
      name: entry.name,
      isDirectory: entry.isDirectory(),
    }));
  } catch {
    // A directory that is not there, or not readable, has nothing to propose.
    return [];
  }
}
