import * as vscode from "vscode";
import type { RegistryCredentials, SignInRequest } from "#shared/protocol/status.ts";
import { plainText } from "../services/plainText.ts";
import { signInText } from "./signInText.ts";

/** Asks for a user name and a password; undefined when the user gives up. */
export async function askForSignIn(
  request: SignInRequest,
): Promise<RegistryCredentials | undefined> {
  const { host } = request;
  const { title, why } = signInText(request);
  const username = await vscode.window.showInputBox({
    title,
    prompt: plainText(why),
    placeHolder: `User name for ${host}`,
    ignoreFocusOut: true,
  });
  if (!username) return undefined;
  const password = await vscode.window.showInputBox({
    title,
    prompt: plainText(`Password, or access token, of ${username} for ${host}.`),
    placeHolder: `Password for ${host}`,
    password: true,
    ignoreFocusOut: true,
  });
  return password ? { host, username, password } : undefined;
}

/** Offers, without waiting, to keep what has worked for later starts. */
export async function offerToRemember(
  secrets: RegistrySecrets,
  { request, credentials }: { request: SignInRequest; credentials: RegistryCredentials },
): Promise<void> {
  const remember = "Remember";
  const answer = await vscode.window.showInformationMessage(
    plainText(
      `Remember the sign-in of ${credentials.username} to ${request.host}? VS Code keeps it in the system's secret storage.`,
    ),
    remember,
    "Don't Remember",
  );
  if (answer === remember) await secrets.store(request, credentials);
}

/** Where something is to be sent. */
type Addressee = Pick<SignInRequest, "host" | "isPlain">;

/** Sign-ins to registries, where VS Code keeps secrets. */
export class RegistrySecrets {
  readonly #storage: vscode.SecretStorage;

  constructor(storage: vscode.SecretStorage) {
    this.#storage = storage;
  }

  async find(addressee: Addressee): Promise<RegistryCredentials | undefined> {
    const text = await this.#storage.get(keyOf(addressee));
    if (text === undefined) return undefined;
    const { credentialsSchema } = await import("#shared/protocol/status.ts");
    return credentialsSchema.safeParse(parseJson(text)).data;
  }

  async store(addressee: Addressee, { username, password }: RegistryCredentials): Promise<void> {
    const { host } = addressee;
    await this.#storage.store(keyOf(addressee), JSON.stringify({ host, username, password }));
  }

  async forget(addressee: Addressee): Promise<void> {
    await this.#storage.delete(keyOf(addressee));
  }
}

// A workspace's configuration can ask for plain HTTP: what was typed for HTTPS must not go that way.
function keyOf({ host, isPlain }: Addressee): string {
  return `registry:${isPlain ? "http" : "https"}://${host}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
