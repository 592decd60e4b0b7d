import type { SignInRequest } from "#shared/protocol/status.ts";

/** What the input box for a user name says. Both texts are plain. */
export function signInText(request: SignInRequest): { title: string; why: string } {
  const { host, image, reason, isRefusal, isPlain } = request;
  const cause = isRefusal ? `${sentence(reason)} Try again.` : `${image}: ${sentence(reason)}`;
  const warning = isPlain ? " What you type is sent unencrypted." : "";
  return { title: `Sign in to ${host}`, why: `${cause}${warning}` };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
