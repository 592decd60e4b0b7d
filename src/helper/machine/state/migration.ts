import type { QmpCommand } from "#core/machine/hotAdd.ts";
import { stateNotPassed, stateRefused } from "../errors.ts";
import type { ProcessEnd } from "../process.ts";
import type { Qmp } from "../qmp.ts";

/** Memory in a shared file stays out of the stream; the end of a migration is an event. */
export const capabilities: QmpCommand = {
  execute: "migrate-set-capabilities",
  arguments: {
    capabilities: [
      { capability: "x-ignore-shared", state: true },
      { capability: "events", state: true },
    ],
  },
};

const deadlineMs = 20_000;

/** Settles when QEMU has written or read a whole state. Has to be called before the migration begins. */
export function migrationEnd(qmp: Qmp, ended?: Promise<ProcessEnd>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(stateNotPassed(`QEMU did not say that it has it within ${deadlineMs} ms`));
    const timer = setTimeout(() => end(late), deadlineMs);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      unlisten();
      settle();
    };
    const unlisten = qmp.onEvent(({ name, data }) => {
      if (name !== "MIGRATION") return;
      if (data.status === "completed") end(resolve);
      if (data.status === "failed") end(() => reject(stateRefused()));
    });
    const gone = async () => {
      // Its word that it refuses is often lost, as it leaves at once. Whoever kills it says nothing of the state.
      const isRefused = (await ended)?.signal === null;
      end(() => reject(isRefused ? stateRefused() : stateNotPassed("QEMU ended meanwhile")));
    };
    void qmp.closed.then(gone);
  });
}
