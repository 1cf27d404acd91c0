import type { NewRoomEvent } from "./events.ts";

/** Why a command leads to nothing, as stable words. */
export const refusalCodes = [
  "not_a_participant",
  "role_too_small",
  "room_confirming",
  "room_agreed",
  "room_closed",
  "offer_unknown",
  "offer_own",
  "offer_not_own",
  "offer_countered",
  "offer_accepted",
  "offer_voided",
  "offer_rejected",
  "offer_retracted",
  "offer_expired",
  "offer_superseded",
  "valid_until_past",
  "valid_until_far",
  "quantity_under_minimum_lot",
  "quantity_over_remaining",
  "quantity_dimension",
  "term_settled",
  "term_not_locked",
  "seq_in_the_future",
  "unknown_document",
  "unknown_participant",
  "not_own_side",
  "nobody_invited",
  "too_many_offers",
  "too_many_documents",
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** What a command leads to: events, none where all is so already, or why it is refused. `pointer` leads to a wrong field. */
export type Decision =
  | { kind: "happens"; events: readonly NewRoomEvent[] }
  | { kind: "refused"; code: RefusalCode; message: string; pointer?: string };

export function refuse(code: RefusalCode, message: string, pointer?: string): Decision {
  return { kind: "refused", code, message, ...(pointer !== undefined && { pointer }) };
}

export function happens(...events: readonly NewRoomEvent[]): Decision {
  return { kind: "happens", events };
}
