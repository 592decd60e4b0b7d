/** Where a Docker daemon listens. */
export type DockerEndpoint =
  | { readonly type: "unix"; readonly path: string }
  | {
      readonly type: "tcp";
      readonly hostname: string;
      readonly port: number;
      readonly tls: boolean;
    };

export type EndpointResult =
  | { readonly endpoint: DockerEndpoint }
  | { readonly problem: string; readonly hint?: string };

/** Reads an address as `DOCKER_HOST` and contexts have it. */
export function parseEndpoint(address: string): EndpointResult {
  const match = /^([a-z]+):\/\/(.*)$/s.exec(address);
  const scheme = match?.[1] ?? "tcp";
  const rest = match?.[2] ?? address;
  switch (scheme) {
    case "unix":
      if (!rest.startsWith("/")) return { problem: `"${address}" has no absolute path` };
      return { endpoint: { type: "unix", path: rest } };
    case "tcp":
    case "http":
    case "https":
      return parseTcp(address, rest, scheme === "https");
    case "ssh":
      return {
        problem: `${address}: daemons behind ssh:// are not supported`,
        hint: "Forward the daemon's socket with ssh -L and set DOCKER_HOST to the local one.",
      };
    default:
      return { problem: `${address}: daemons behind ${scheme}:// are not supported` };
  }
}

function parseTcp(address: string, rest: string, isHttps: boolean): EndpointResult {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/.exec(rest);
  const hostname = match?.[1] ?? match?.[2];
  if (hostname === undefined) {
    return { problem: `"${address}" is not an address such as tcp://localhost:2376` };
  }
  const port = Number(match?.[3] ?? (isHttps ? 2376 : 2375));
  // Docker's registered port for TLS speaks nothing else.
  return { endpoint: { type: "tcp", hostname, port, tls: isHttps || port === 2376 } };
}
