import type { Settings } from "#core/config/settings.ts";
import { readSettings } from "#helper/config/settings.ts";
import { ImageError } from "./errors.ts";

/** The user's settings, or an error that says what is wrong with them. */
export async function userSettings(): Promise<Settings> {
  const { settings, diagnostics } = await readSettings();
  if (settings !== undefined) return settings;
  const [first] = diagnostics;
  throw new ImageError("settings", `the user settings have an error: ${first?.message ?? ""}`);
}
