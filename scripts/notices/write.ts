// Writes THIRD-PARTY-NOTICES.txt from what the package really contains. It is made when the package is
// made and not committed: its Debian part names the exact versions that were packed on that day.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { commonLicences, debianNotices } from "./debian.ts";
import { goNotices } from "./go.ts";
import { formatNotices } from "./notice.ts";
import { npmNotices } from "./npm.ts";

const sourceOffer = `These files are unmodified copies from binary packages of Debian, named with the exact version of their
source packages. Only a kernel that is named by a package linux-source-* was compiled by the authors of Airlock: from
Debian's source as it is in that package, with the configuration and the build script in guest/kernel and
scripts/assets/kernel of Airlock's source code; the kernel itself shows its configuration in /proc/config.gz. The complete corresponding source code is available from Debian's archive under that name
and version. For three years from the release of this package, the authors of Airlock will also provide it to
anyone who asks through the issue tracker named in package.json, for no more than the cost of doing so.
They run inside the virtual machine as separate programs; no code of Airlock is linked with them.`;

/** The notices of everything in the package for one CPU type. */
export function thirdPartyNotices(root: string, arch: string): string {
  return [
    "Third-party software in Airlock for VS Code\n",
    formatNotices(
      "1. Packages in the programs that run on your computer",
      "They come from the npm package registry.",
      npmNotices(readMetafiles(root)),
    ),
    formatNotices(
      "2. Modules in the agent that runs in the virtual machine",
      "They are compiled into the agent, the first program of the machine.",
      goNotices(join(root, "guest")),
    ),
    formatNotices(
      "3. Linux kernel, file system tools and C library of the virtual machine",
      sourceOffer,
      debianNotices(`vm-${arch}`),
    ),
    formatNotices(
      "4. Programs and data of the embedded image",
      sourceOffer,
      debianNotices("image-base"),
    ),
    formatNotices(
      "5. Full texts of licences that the parts above refer to by name or as /usr/share/common-licenses",
      "As Debian ships them.",
      commonLicences(),
    ),
  ].join("\n");
}

function readMetafiles(root: string): Metafile[] {
  const folder = join(root, "build", "metafiles");
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
}
