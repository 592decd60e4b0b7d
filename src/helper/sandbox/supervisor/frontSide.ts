import { Socket } from "node:net";
import {
  type FrontDemand,
  type FrontNote,
  frontDescriptor,
  frontLine,
  frontLines,
} from "../front.ts";
import type { Board, BoardEvent } from "./board.ts";

/** The front process as its supervisor knows it. */
export type FrontSide = {
  tell(note: FrontNote): void;
  /** Tells what the board shows now, and each new state and progress. */
  follow(board: Board): void;
  /** Calls `onDemand` for each thing the front process wants; settles when it has gone. */
  listen(onDemand: (demand: FrontDemand) => void): Promise<void>;
};

/** Of a supervisor that somebody began by hand, nobody hears. */
export function frontSide(): FrontSide {
  const socket = inherited();
  const tell = (note: FrontNote) => void socket?.write(frontLine(note));
  return {
    tell,
    follow: (board) => {
      let told: string | undefined;
      const follow = (event: BoardEvent) => {
        // Of what else changes nothing is shown before the sandbox has come to its next state.
        if (event.kind === "status" && event.status.status === told) return;
        if (event.kind === "status") told = event.status.status;
        tell(event);
      };
      board.listen(follow);
      follow({ kind: "status", status: board.status });
    },
    listen: async (onDemand) => {
      if (socket === undefined) return;
      try {
        for await (const demand of frontLines<FrontDemand>(socket)) onDemand(demand);
      } catch {
        // Gone without a farewell.
      }
    },
  };
}

function inherited(): Socket | undefined {
  try {
    const socket = new Socket({ fd: frontDescriptor });
    // Its end is told by `listen`.
    socket.on("error", () => undefined);
    return socket;
  } catch {
    return undefined;
  }
}
