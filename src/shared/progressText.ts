import { formatBytes } from "./bytes.ts";

/** How fast something large goes, and its parts. */
export type ProgressDetails = {
  readonly bytesPerSecond?: number | null | undefined;
  readonly secondsLeft?: number | null | undefined;
  readonly layers?: readonly LayerAmount[] | undefined;
};

type LayerAmount = {
  readonly state: "waiting" | "fetching" | "fetched" | "done";
  readonly doneBytes: number;
  readonly totalBytes: number;
};

/** Such as `3.1 MiB/s, 6 s left, 2/5 layers, 40 % 7 %`: the layers on their way each in per cent. */
export function progressDetails({ bytesPerSecond, secondsLeft, layers }: ProgressDetails): string {
  return [
    bytesPerSecond ? `${formatBytes(bytesPerSecond)}/s` : "",
    secondsLeft == null ? "" : `${duration(secondsLeft)} left`,
    layerText(layers ?? []),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function layerText(layers: readonly LayerAmount[]): string {
  if (layers.length < 2) return "";
  const done = layers.filter(({ state }) => state === "done" || state === "fetched").length;
  const active = layers
    .filter(({ state }) => state === "fetching")
    .map((layer) => `${Math.floor((100 * layer.doneBytes) / layer.totalBytes)} %`);
  return `${done}/${layers.length} layers${active.length > 0 ? `, ${active.join(" ")}` : ""}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
