import { parseSize } from "#core/config/sizes.ts";
import { ImageError } from "./errors.ts";
import { userSettings } from "./userSettings.ts";

/** The largest image to unpack: AIRLOCK_MAX_IMAGE_SIZE when set, else `images.max_size` of the user settings. */
export async function imageSizeLimit(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const text = env.AIRLOCK_MAX_IMAGE_SIZE;
  if (!text) return (await userSettings()).images.max_size;
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new ImageError("settings", `AIRLOCK_MAX_IMAGE_SIZE is ${JSON.stringify(text)}, no size`, {
    hint: 'Write a number with a unit, such as "40 GB".',
  });
}
