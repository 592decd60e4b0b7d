/** Flow-control window of a stream on the sandbox's socket: Node's 64 KiB would bound throughput. */
export const windowBytes = 1 << 20;
