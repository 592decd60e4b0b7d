/**
 * Text from a guest or from a checkout, without what a terminal would obey: such text could retitle
 * windows, rewrite lines above it or fill the clipboard. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(controlCharacter, "\ufffd");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controlCharacter = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
