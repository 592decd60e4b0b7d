// The notice of one piece of third-party software, and the text of all of them.

export type Notice = {
  name: string;
  version: string;
  /** SPDX expression or a short name. */
  licence: string;
  /** The licence as its authors give it. */
  text: string;
};

const rule = "=".repeat(80);

/** Lays out one part of the notices: a table of contents and then every text. */
export function formatNotices(
  title: string,
  introduction: string,
  notices: readonly Notice[],
): string {
  const contents = notices.map(({ name, version, licence }) => `  ${name} ${version} (${licence})`);
  const texts = notices.map(
    ({ name, version, licence, text }) =>
      `${rule}\n${name} ${version} (${licence})\n${rule}\n\n${text.trim()}\n`,
  );
  return `${title}\n\n${introduction}\n\n${contents.join("\n")}\n\n${texts.join("\n")}`;
}
