/** Flow-control window of a stream on the sandbox's socket: Node's 64 KiB would bound throughput. */
export const windowBytes = 1 << 20;

/** Path of the one guest call that clients of a supervisor may make. */
export const execPath = "/airlock.agent.v1.AgentService/Exec";
