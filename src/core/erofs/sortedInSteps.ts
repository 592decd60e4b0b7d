const runLength = 4096;

type Compare = (a: number, b: number) => number;

/** Sorts by merging, with a pause after every few thousand values: a directory may have a million names. */
export function* sortedInSteps(
  values: Uint32Array,
  compare: Compare,
): Generator<void, Uint32Array> {
  for (let start = 0; start < values.length; start += runLength) {
    values.subarray(start, start + runLength).sort(compare);
    if (values.length > runLength) yield;
  }
  let from = values;
  let to = values.length > runLength ? new Uint32Array(values.length) : values;
  for (let width = runLength; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      yield* merge(from, to, { start, width, compare });
    }
    [from, to] = [to, from];
  }
  return from;
}

type Runs = { readonly start: number; readonly width: number; readonly compare: Compare };

function* merge(
  from: Uint32Array,
  to: Uint32Array,
  { start, width, compare }: Runs,
): Generator<void, void> {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(start + 2 * width, from.length);
  let left = start;
  let right = middle;
  for (let at = start; at < end; at += 1) {
    const [a, b] = [from[left] ?? 0, from[right] ?? 0];
    const takeLeft = left < middle && (right >= end || compare(a, b) <= 0);
    to[at] = takeLeft ? a : b;
    if (takeLeft) left += 1;
    else right += 1;
    if (at % runLength === 0) yield;
  }
}
