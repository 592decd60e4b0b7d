type Obstacle = { pid: number; command: string; kind: string; path: string };

/** Lines of a dialog that can be read without scrolling. */
const maxLines = 10;
const maxLineLength = 200;

/** What is in the way of a suspension, one line each. */
export function obstacleText(obstacles: readonly Obstacle[]): string {
  const lines = obstacles
    .slice(0, maxLines)
    .map(({ command, pid, kind, path }) =>
      `${command} (process ${pid}): ${kind} ${path}`.slice(0, maxLineLength),
    );
  const hidden = obstacles.length - lines.length;
  return [...lines, ...(hidden > 0 ? [`… and ${hidden} more`] : [])].join("\n");
}

export function sessionsText(sessions: number): string {
  if (sessions === 1) return "one attached terminal or command";
  return `${sessions} attached terminals and commands`;
}
