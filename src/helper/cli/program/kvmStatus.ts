import { accessSync, constants } from "node:fs";

const device = "/dev/kvm";

/** Whether this user may use KVM, for the end of the help; undefined where there is no such thing. */
export function kvmStatus(): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return kvmText(undefined);
  } catch (error) {
    return kvmText((error as NodeJS.ErrnoException).code);
  }
}

/** What a failed access to the device means; a granted one does not tell yet that KVM works. */
export function kvmText(errorCode: string | undefined): string {
  return `\nStatus:\n  KVM: ${accessText(errorCode)}`;
}

function accessText(errorCode: string | undefined): string {
  const without = "sandboxes run in software emulation; `airlock doctor` tells more";
  switch (errorCode) {
    case undefined:
      return "granted; `airlock doctor` tells whether it works";
    case "EACCES":
    case "EPERM":
      return `permission denied to ${device}, ${without}`;
    default:
      return `not available, ${without}`;
  }
}
