/**
 * Text from a workspace, an image or a program for a notification. VS Code makes links of
 * `[label](target)` there, and a link can run a command, so the two halves are parted.
 */
export function plainText(text: string): string {
  return text.replaceAll("](", "]\u200b(");
}

/** The same for a label, where VS Code draws an icon for `$(name)`. */
export function plainLabel(text: string): string {
  return text.replaceAll("$(", "$\u200b(");
}
