/**
 * Keeps the last few results of reading a text: while somebody types, the checks and every answer to the
 * editor are about the same version of it. Results must not be changed by those who get them.
 */
export function remembered<Result>(read: (text: string) => Result): (text: string) => Result {
  const kept: { text: string; result: Result }[] = [];
  return (text) => {
    const index = kept.findIndex((each) => each.text === text);
    const [known] = index < 0 ? [] : kept.splice(index, 1);
    const entry = known ?? { text, result: read(text) };
    kept.unshift(entry);
    if (kept.length > maxKept) kept.pop();
    return entry.result;
  };
}

/** As many as the files of one project. */
const maxKept = 4;
