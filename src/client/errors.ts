import type { CloseName } from "../rooms/closeCodes.ts";
import type { ErrorCode } from "../rooms/protocol.ts";

/** A command came to nothing: the room says why. `errors` lead to the fields that are wrong. */
export class RoomRefusal extends Error {
  override name = "RoomRefusal";
  readonly code: ErrorCode;
  readonly errors: readonly { pointer: string; message: string }[];

  constructor(code: ErrorCode, message: string, errors: readonly { pointer: string; message: string }[] = []) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

/**
 * Why a client has gone for good, or has forgotten what it knew: the room's close code, `closed_by_client`, `ticket_refused`,
 * `log_broken` (an event that is not what its hash says or does not follow the one before), or `epoch_changed` (the room's log is
 * another one).
 */
export type LossReason = CloseName | "closed_by_client" | "ticket_refused" | "log_broken" | "epoch_changed" | "stopped";

/** What becomes of a command whose answer cannot come any more: it may have happened, and it may not. */
export class RoomLost extends Error {
  override name = "RoomLost";
  readonly reason: LossReason;

  constructor(reason: LossReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Thrown by a `getTicket` to say that there is no ticket and will be none; after any other error the client asks again. */
export class TicketRefused extends Error {
  override name = "TicketRefused";
}
