/** Whether a path is a directory or in it. Both are absolute, without symlinks, dots and slashes at the end. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
