import { AppError } from "../domain/errors.ts";
import { recordableStatuses, reservationTolerance } from "../domain/exchangeRecording.ts";
import { materialOf } from "../domain/flowRules.ts";
import { matchTransitions } from "../domain/match.ts";
import { convertQuantity } from "../domain/quantity.ts";
import type { AcceptedOffer, AgreementOutcome, RoomFacts, RoomFlow } from "../domain/roomFacts.ts";
import type { Hold, Holds } from "../stores/records/reservation.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

/**
 * Asks the records for what both sides accepted. It can be asked again, for whoever did not get the answer: the exchange is made once,
 * and found when it is there. Errors: `unavailable` or `conflict` where it is not known yet whether it will be.
 */
export async function reserveAgreement(context: RequestContext, accepted: AcceptedOffer): Promise<AgreementOutcome> {
  authorize(context.actor, "joinRoom");
  const { matchId, round, exchangeId, terms } = accepted;
  const facts = await context.services.roomRecords.findFacts(matchId);
  if (!facts) return { kind: "refused", reason: "match_gone" };
  const holds = await computeHolds(context, facts, terms.quantity);
  if (holds === null) return findOr(context, accepted, "flow_changed");
  const { quantity, price, from, until } = terms;
  const agreement = { id: exchangeId, matchId, round, quantity, price, from, until, holds };
  const written = await context.services.agreements.agree(context, agreement);
  if (written.kind === "written") return { kind: "agreed", exchangeId };
  const now = await context.services.roomRecords.findFacts(matchId);
  const reason = now ? findRefusal(now, round, holds) : "match_gone";
  return findOr(context, accepted, reason);
}

/** The exchange where an earlier attempt made it; else the refusal, or that somebody else's change got in between. */
async function findOr(
  context: RequestContext,
  { exchangeId }: AcceptedOffer,
  reason: string | null,
): Promise<AgreementOutcome> {
  if (await context.services.exchanges.find(context, exchangeId)) return { kind: "agreed", exchangeId };
  if (reason !== null) return { kind: "refused", reason };
  throw new AppError("conflict", "Others keep changing this; try again.", { reason: "write_contention" });
}

/** Why no exchange can be made as things stand; null where nothing is in its way any more. */
function findRefusal(facts: RoomFacts, round: number, holds: Holds): string | null {
  if (facts.round !== round) return "round_over";
  if (facts.state === "withdrawn" && facts.reason === "flow_used_up") return "quantity_taken";
  if (!matchTransitions.agree.from.includes(facts.state)) return `match_${facts.state}`;
  for (const side of ["output", "input"] as const) {
    const { status, unit, amount, remaining } = facts.flows[side];
    if (!recordableStatuses.some((each) => each === status)) return "flow_not_active";
    if (unit !== holds[side].unit) return "flow_changed";
    if (holds[side].amount > remaining + amount * reservationTolerance) return "quantity_taken";
  }
  return null;
}

/** The quantity in the unit of each flow; null where one of them is no longer counted in anything that leads there. */
async function computeHolds(
  { services }: RequestContext,
  { flows }: RoomFacts,
  quantity: AcceptedOffer["terms"]["quantity"],
): Promise<Holds | null> {
  const taxonomy = await services.readTaxonomy();
  const hold = ({ id, unit, grade }: RoomFlow): Hold | null => {
    const material = taxonomy.findGrade(grade);
    const converted = convertQuantity(quantity, unit, material ? materialOf(material) : {});
    return converted.ok ? { flowId: id, amount: converted.value, unit } : null;
  };
  const [output, input] = [hold(flows.output), hold(flows.input)];
  return output && input && { output, input };
}
