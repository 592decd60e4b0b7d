export type AirlockErrorOptions = {
  /** What the user can do about it: one sentence. */
  hint?: string | undefined;
  cause?: unknown;
};

/**
 * Base of the errors that reach a user. Each tier derives one class with a closed `code` union and
 * makes its errors in named factories; callers branch on `code`, never on the message.
 */
export class AirlockError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: AirlockErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}
