import type { MatchId } from "../domain/ids.ts";
import type { CurrentRound } from "../stores/records/rooms.ts";
import type { Written } from "../stores/records/written.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

/** Tells the match that the first offer of a round has been made; one that has moved on already stays as it is. */
export async function negotiateMatch(context: RequestContext, id: MatchId, round: number): Promise<boolean> {
  authorize(context.actor, "joinRoom");
  return isWritten(await context.services.roomRecords.negotiate(context, id, round));
}

/** Tells the match that a round is over without an agreement: declined by a side, or expired where nobody came any more. Likewise. */
export async function endRound(
  context: RequestContext,
  id: MatchId,
  round: number,
  by: "decline" | "expire",
  reason: string,
): Promise<boolean> {
  if (context.actor.kind !== "operator") authorize(context.actor, "joinRoom");
  return isWritten(await context.services.roomRecords.end(context, id, round, by, reason));
}

function isWritten(written: Written<CurrentRound, CurrentRound>): boolean {
  return written.kind === "written";
}
