/** A value of one QEMU suboption; a comma inside it is written twice so that it stays one value. */
export function optionValue(value: string): string {
  return value.replaceAll(",", ",,");
}

export type OptionFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * One QEMU option argument such as `socket,id=qmp,path=qmp.sock`. Booleans become `on` and `off`;
 * undefined fields are left out. Keys are ours and need no escaping.
 */
export function optionString(head: string, fields: OptionFields = {}): string {
  const parts = [optionValue(head)];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${key}=${fieldText(value)}`);
  }
  return parts.join(",");
}

function fieldText(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return optionValue(String(value));
}
