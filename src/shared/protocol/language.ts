/** From the editor to the language server: the user trusts the folders that are open, from now on. */
export const trustGranted = "airlock/trustGranted";
