import type { ImageReference, NamedReference } from "#core/oci/reference.ts";
import { registryHost } from "#core/oci/registry/endpoints.ts";
import type { SignInRequest } from "#shared/protocol/status.ts";
import { ImageError } from "./errors.ts";

/** A user's answer to a registry that wants to know who pulls. Never logged, never written in the clear. */
export type SignIn = {
  readonly username: string;
  readonly password: string;
  /** Have Docker's credential helper keep it, once it has worked. */
  readonly keep?: boolean;
};

/** What is asked, and by which helper of Docker's the answer could be kept. */
export type SignInQuestion = SignInRequest & { readonly keeper: string | undefined };

export type SignInOptions = {
  /**
   * Asked when a registry demands a sign-in, or has refused one, until it is content; undefined gives
   * up. Without it, that is an error at once.
   */
  readonly onSignIn?: ((question: SignInQuestion) => Promise<SignIn | undefined>) | undefined;
};

type Subject = {
  readonly reference: ImageReference;
  readonly request: { readonly name: string; readonly insecure: boolean };
  readonly options: SignInOptions;
};

/** Repeats an attempt with what the user answers, as long as the registry is not content. */
export async function withSignIn<T>(
  { reference, request, options }: Subject,
  attempt: (given: SignIn | undefined) => Promise<T>,
): Promise<T> {
  let given: SignIn | undefined;
  for (;;) {
    try {
      return await attempt(given);
    } catch (error) {
      const { onSignIn } = options;
      if (onSignIn === undefined || reference.source !== "named" || !isAboutSignIn(error)) {
        throw error;
      }
      const isRefusal = given !== undefined;
      const question = { image: request.name, reason: error.message, isRefusal };
      given = await onSignIn(await completed(reference.name, question, request.insecure));
      if (given === undefined) throw error;
    }
  }
}

/** Gives credentials that have worked to Docker's helper. */
export async function keepSignIn(name: NamedReference, signIn: SignIn): Promise<void> {
  const { storeCredentials } = await import("./registry/credentials.ts");
  await storeCredentials(registryHost(name.registry), signIn);
}

async function completed(
  name: NamedReference,
  question: Pick<SignInRequest, "image" | "reason" | "isRefusal">,
  insecure: boolean,
): Promise<SignInQuestion> {
  // Talking to servers takes a lot of code that local images do without.
  const [{ credentialKeeper }, { hostSettings }] = await Promise.all([
    import("./registry/credentials.ts"),
    import("./sources/named.ts"),
  ]);
  const host = registryHost(name.registry);
  const isPlain = insecure || (await hostSettings())(name.registry).insecure;
  return { host, isPlain, keeper: await credentialKeeper(host), ...question };
}

function isAboutSignIn(error: unknown): error is ImageError {
  return error instanceof ImageError && ["unauthorized", "denied"].includes(error.code);
}
