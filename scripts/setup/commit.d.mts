export function commitOf(directory?: string): string | undefined;
