export type ShareRequest = {
  tag: string;
  /** Directory on the host. */
  source: string;
  readOnly: boolean;
  /** Paths relative to the source that the host hides. */
  covers: string[];
};

export type ShareState = {
  tag: string;
  type: "virtiofs" | "9p";
  /** Whether the host itself hides the covers, so that not even the guest's root can lift them. */
  coversEnforced: boolean;
  /** Why the covers are not enforced. */
  reason?: string;
};
