import type { ConfigResult } from "#core/config/load.ts";
import { formatKeyPath } from "#core/config/names/keyPath.ts";
import type { LanguageContext } from "./context.ts";
import { isBelow, nodeOf, type Span } from "./model/model.ts";

/** A line of facts above a statement, or something to start with a click. */
export type Lens = { span: Span; title: string; action?: "toggle" };

export function lensesOf(context: LanguageContext): Lens[] {
  const { result } = context;
  if (result === undefined) return [];
  const start: Lens = {
    ...{ span: { start: 0, end: 0 }, title: "Start or Stop Sandbox", action: "toggle" },
  };
  return [start, ...imageLens(context), ...rulesLens(context, result)];
}

function imageLens({ model, images, result }: LanguageContext): Lens[] {
  const node = nodeOf(model, ["vm", "image"]);
  const name = result?.effective?.vm.image.name;
  if (node === undefined || name === undefined) return [];
  const stored = images.find((image) => image.name === name);
  const title = `${name}: ${stored?.detail ?? "not stored yet, the first start prepares it"}`;
  return [{ span: node.whole, title }];
}

/** Above the first key of the network: how many rules there are, wherever they come from. */
function rulesLens({ model }: LanguageContext, { config, effective }: ConfigResult): Lens[] {
  const node = model.nodes.find(
    ({ segments, keySpan }) =>
      keySpan !== undefined && (segments[0] === "network" || isBelow(segments, ["network"])),
  );
  if (node === undefined || effective === undefined) return [];
  const { policy, rules } = effective.network;
  const count = Object.values(rules).filter(({ enabled }) => enabled).length;
  const words = count === 1 ? "1 network rule" : `${count} network rules`;
  const isIgnored = policy.endsWith("-always");
  const errors = config === undefined ? " without the errors" : "";
  const title = isIgnored ? `${words}, ignored by \`${policy}\`` : `${words} in effect${errors}`;
  return [{ span: node.whole, title }];
}

/** What another file makes of a value that is written here. */
export type Hint = { offset: number; text: string };

export function hintsOf(context: LanguageContext, visible: Span): Hint[] {
  const { model, result, path } = context;
  if (result === undefined) return [];
  return model.nodes
    .filter(({ kind, span }) => {
      return kind === "value" && span.end >= visible.start && span.start <= visible.end;
    })
    .filter(({ segments }) => (result.origins.get(formatKeyPath(segments))?.length ?? 0) > 1)
    .flatMap(({ segments, span }): Hint[] => {
      const settings = result.provenance.settings(segments);
      const own = settings.find(({ origin }) => origin.path === path);
      const winner = settings.findLast(({ effect }) => effect === "wins");
      if (own?.effect !== "overridden" || winner === undefined) return [];
      const name = winner.origin.path.slice(winner.origin.path.lastIndexOf("/") + 1);
      const written = winner.written.replace(/\s+/g, " ").slice(0, 40);
      return [{ offset: span.end, text: `${written} in ${name}` }];
    });
}
