/** Shows a preset; known to the server and to nobody else, with a name and a line as its arguments. */
export const presetCommand = "airlock.showPreset";

/** From the editor to the language server: the user trusts the folders that are open, from now on. */
export const trustGranted = "airlock/trustGranted";
