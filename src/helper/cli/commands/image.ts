import { Command } from "commander";
import { listImageUses } from "#helper/image/remove.ts";
import { formatBytes } from "#shared/bytes.ts";
import type { ImageNames } from "#shared/protocol/imageNames.ts";
import { formatImages, printJson } from "../image/texts.ts";
import { printResult, say } from "../output.ts";

/** `airlock image`: the images on this machine. */
export function imageCommand(): Command {
  const command = new Command("image").description("Manage the images stored on this computer.");
  command
    .command("ls")
    .alias("list")
    .description("List the stored images, the last used first, and who uses them.")
    .option("--json", "print JSON")
    .option("-q, --quiet", "print no status lines")
    .action(async ({ json }: { json?: boolean }) => {
      const images = await listImageUses();
      await (json ? printJson(images) : printResult(formatImages(images)));
    });
  addPull(command);
  addInspect(command);
  addNames(command);
  addPrune(command);
  addRemove(command);
  return command;
}

function addPull(command: Command): void {
  command
    .command("pull")
    .argument("[name]", "image; without one, that of this project, for its next start")
    .description("Get an image, or the latest one of its tag.")
    .option("--check", "only say whether the tag stands for a newer image")
    .option("--insecure", "speak plain HTTP with the registry")
    .option(
      "--credentials-stdin",
      "read a sign-in for the registry from the standard input, as JSON with username and password",
    )
    .option("--json", "print JSON")
    .action(async (name: string | undefined, options: PullFlags) => {
      const { pullImage } = await import("../image/pull.ts");
      process.exitCode = await pullImage(name, options);
    });
}

export type PullFlags = {
  check?: boolean;
  insecure?: boolean;
  credentialsStdin?: boolean;
  json?: boolean;
};

function addInspect(command: Command): void {
  command
    .command("inspect")
    .argument("<image>", "name or digest")
    .description("Tell everything about a stored image.")
    .option("--json", "print JSON")
    .action(async (text: string, { json }: { json?: boolean }) => {
      const { inspectImage } = await import("../image/inspect.ts");
      await inspectImage(text, json ?? false);
    });
}

/** Asked by the language server while somebody types; hidden, because nobody else needs it. */
function addNames(command: Command): void {
  command
    .command("names", { hidden: true })
    .argument("[repository]", "ask its registry for the tags; without it, the local Docker daemon")
    .option("--insecure", "speak plain HTTP with the registry")
    .action(async (repository: string | undefined, { insecure = false }: PullFlags) => {
      const { daemonNames, tagNames } = await import("#helper/image/names.ts");
      const signal = AbortSignal.timeout(10_000);
      const images = await (repository === undefined
        ? daemonNames(signal)
        : tagNames(repository, { insecure, signal }));
      await printJson({ images } satisfies ImageNames);
    });
}

function addPrune(command: Command): void {
  command
    .command("prune")
    .description("Delete the images that no project uses.")
    .option("--dry-run", "only say which")
    .option(
      "--warm",
      "delete the snapshots of machines instead; later starts boot and keep new ones",
    )
    .option("--json", "print JSON")
    .action(async ({ dryRun = false, warm = false, json }: PruneFlags) => {
      if (warm) {
        const { pruneWarm } = await import("../image/pruneWarm.ts");
        return await pruneWarm({ dryRun, json: json ?? false });
      }
      const { pruneImages } = await import("#helper/image/remove.ts");
      const result = await pruneImages({ dryRun });
      if (json) return await printJson(result);
      await printResult(result.removed.map(({ name, digest }) => `${name} ${digest}\n`).join(""));
      const did = dryRun ? "would be freed" : "freed";
      say(`${result.removed.length} images, ${formatBytes(result.freedBytes)} ${did}.`);
    });
}

type PruneFlags = { dryRun?: boolean; warm?: boolean; json?: boolean };

function addRemove(command: Command): void {
  command
    .command("rm")
    .alias("remove")
    .argument("<image...>", "names or digests")
    .description("Delete stored images.")
    .option("-f, --force", "also those that a project uses")
    .option("--json", "print JSON")
    .action(async (texts: string[], { force = false, json }: RemoveFlags) => {
      const { removeImage } = await import("#helper/image/remove.ts");
      const removed = [];
      for (const text of texts) removed.push(await removeImage(text, { force }));
      if (json) return await printJson(removed);
      for (const { name, sizeBytes } of removed) say(`Removed ${name}, ${formatBytes(sizeBytes)}.`);
    });
}

type RemoveFlags = { force?: boolean; json?: boolean };
