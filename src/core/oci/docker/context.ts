import * as z from "zod";

const clientConfig = z.looseObject({ currentContext: z.string().nullish() });

const metadata = z.looseObject({
  Name: z.string(),
  Endpoints: z.looseObject({
    docker: z.looseObject({ Host: z.string().nullish(), SkipTLSVerify: z.boolean().nullish() }),
  }),
});

/** A daemon that Docker's client knows by name. */
export type DockerContext = {
  readonly name: string;
  readonly host: string;
  readonly skipsVerification: boolean;
};

/** The context that the client's config.json makes the current one. */
export function parseCurrentContext(text: string): string | undefined {
  return clientConfig.safeParse(parseJson(text)).data?.currentContext || undefined;
}

/** Reads a context's meta.json; undefined when it names no daemon. */
export function parseContext(text: string): DockerContext | undefined {
  const { data } = metadata.safeParse(parseJson(text));
  const docker = data?.Endpoints.docker;
  if (data === undefined || !docker?.Host) return undefined;
  return { name: data.Name, host: docker.Host, skipsVerification: docker.SkipTLSVerify ?? false };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Docker's own client complains about it; here it is as good as missing.
    return undefined;
  }
}
