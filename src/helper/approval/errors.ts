import { AirlockError } from "#shared/errors.ts";

export type ApprovalErrorCode = "unreadable" | "newer" | "busy";

/** What goes wrong with the record of approvals. */
export class ApprovalError extends AirlockError<ApprovalErrorCode> {}
