import type { Expectation } from "../domain/change.ts";
import { AppError, conflict, invalidField } from "../domain/errors.ts";
import type { ExchangeContent, ExchangeRecord } from "../domain/exchange.ts";
import {
  decideRecording,
  type FlowSide,
  findRecorder,
  type Recorder,
  type Recording,
  recordableStatuses,
  reservationTolerance,
} from "../domain/exchangeRecording.ts";
import { materialOf } from "../domain/flowRules.ts";
import { createId, type FlowId } from "../domain/ids.ts";
import type { MatchSide } from "../domain/match.ts";
import { convertQuantity } from "../domain/quantity.ts";
import type { Situation } from "../stores/records/exchanges.ts";
import type { Hold, Holds } from "../stores/records/reservation.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";
import { assertSameExternalId, settlePut } from "./replacement.ts";
import { describeChange } from "./revision.ts";

/** How often a recording is decided anew when somebody else's change got in between. */
const maximumAttempts = 4;

/**
 * Records an exchange that exists already. One that the operator records stands at once; one that a side records is a proposal
 * until the other side records the same. Recording it again changes nothing.
 */
export async function putExchange(
  context: RequestContext,
  externalId: string,
  content: ExchangeContent,
  expectation: Expectation,
): Promise<{ record: ExchangeRecord; created: boolean }> {
  authorize(context.actor, "putExchange");
  assertSameExternalId(externalId, content.externalId);
  const { outputFlowId, inputFlowId } = content;
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    const situation = await context.services.exchanges.findSituation(context, externalId, outputFlowId, inputFlowId);
    const record = await unlessTaken(tryRecording(context, externalId, content, expectation, situation));
    if (record) return { record, created: record.createdAt === context.at.toISOString() && record.version === 1 };
  }
  throw new AppError("conflict", "Others keep changing this; try again.", {
    reason: "write_contention",
    retryAfterSeconds: 1,
  });
}

/** Null where what was read no longer stands when it is to be written. */
async function tryRecording(
  context: RequestContext,
  externalId: string,
  content: ExchangeContent,
  expectation: Expectation,
  { flows, known }: Situation,
): Promise<ExchangeRecord | null> {
  const isOperator = context.actor.kind === "operator";
  const sides = findRecorder(isOperator, flows.get(content.outputFlowId), flows.get(content.inputFlowId));
  assertExpected(known.own, expectation);
  const recording = decideRecording(sides.recorder, content, known);
  const { exchangeChanges } = context.services;
  if (recording.kind === "keep") return recording.exchange;
  if (recording.kind === "adopt") return exchangeChanges.adopt(context, recording.exchange, externalId);
  const { visibility } = content;
  if (recording.kind === "show") return exchangeChanges.show(context, recording.exchange, visibility);
  const holds = await computeHolds(context, content, sides);
  const isHolding = recording.kind === "replace" && recording.exchange.reserves && isStanding(recording.exchange);
  const before = isHolding ? await computeHolds(context, recording.exchange, sides) : null;
  assertTakeable(recording, content, sides, holds, before);
  if (recording.kind === "create") return create(context, externalId, content, sides, recording.sides, holds);
  const { exchange } = recording;
  if (recording.kind === "confirm")
    return exchangeChanges.confirm(context, exchange, recording.side, { externalId, visibility, holds });
  const patch = describeChange(termsOf(exchange), termsOf(content));
  return exchangeChanges.replace(context, exchange, content, { visibility, holds, patch });
}

function assertExpected(own: ExchangeRecord | null, expectation: Expectation): void {
  if (own) settlePut({ kind: "refused", current: { version: own.version, record: own } }, expectation, "exchange");
  else if (expectation !== null && expectation !== "absent") settlePut({ kind: "missing" }, expectation, "exchange");
}

/** A recording for which the quantity has to be there. */
type Writing = Extract<Recording, { kind: "create" | "confirm" | "replace" }>;
type Sides = { recorder: Recorder; output: FlowSide; input: FlowSide };

function create(
  context: RequestContext,
  externalId: string,
  content: ExchangeContent,
  { recorder, output, input }: Sides,
  standing: readonly MatchSide[],
  holds: Holds,
): Promise<ExchangeRecord | null> {
  const exchange = {
    ...content,
    id: createId("exchange"),
    externalId,
    outputOrganizationId: output.organizationId,
    inputOrganizationId: input.organizationId,
    recordedBy: recorder.kind === "operator" ? recorder.kind : standing[0]!,
    sides: standing,
  };
  const patch = [{ op: "add" as const, path: "", value: { ...content, externalId } }];
  return context.services.exchanges.record(context, exchange, holds, patch);
}

/** Another request took the key at the same moment: what that one wrote is read and this one decided anew. */
async function unlessTaken(work: Promise<ExchangeRecord | null>): Promise<ExchangeRecord | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.details.reason === "external_id_taken") return null;
    throw error;
  }
}

/** The exchange's quantity in the unit of each flow. Errors: `invalid` where one cannot be told in the other. */
async function computeHolds(
  context: RequestContext,
  { outputFlowId, inputFlowId, quantity }: Pick<ExchangeContent, "outputFlowId" | "inputFlowId" | "quantity">,
  { output, input }: Sides,
): Promise<Holds> {
  const taxonomy = await context.services.readTaxonomy();
  const hold = (flowId: FlowId, { unit, grade }: FlowSide): Hold => {
    const material = taxonomy.findGrade(grade);
    const converted = convertQuantity(quantity, unit, material ? materialOf(material) : {});
    if (!converted.ok) throw invalidField("/quantity/unit", converted.reason, converted.message);
    return { flowId, amount: converted.value, unit };
  };
  return { output: hold(outputFlowId, output), input: hold(inputFlowId, input) };
}

/** Whether both flows can be of an exchange, and have as much left as this one takes, as they were read. */
function assertTakeable(
  recording: Writing,
  content: ExchangeContent,
  sides: Sides,
  holds: Holds,
  before: Holds | null,
) {
  for (const side of ["output", "input"] as const) {
    const { status, remaining, amount } = sides[side];
    if (!recordableStatuses.some((each) => each === status))
      throw conflict("flow_not_active", `The ${side} is ${status}: no exchange of it can be recorded.`);
    const isMore = holds[side].amount > remaining + (before?.[side].amount ?? 0) + amount * reservationTolerance;
    if (isMore && content.reserves && standsAfter(recording)) throw quantityTaken(side);
  }
}

/** Whether both sides stand by an exchange once it is written. */
function standsAfter(recording: Writing): boolean {
  if (recording.kind === "confirm") return true;
  if (recording.kind === "create") return recording.sides.length === 2;
  return isStanding(recording.exchange);
}

const isStanding = ({ confirmedBy }: ExchangeRecord) => confirmedBy.output && confirmedBy.input;

const quantityTaken = (side: MatchSide) =>
  conflict("quantity_taken", `Less than this remains of the ${side}.`, [
    { pointer: "/quantity/amount", code: "quantity_taken", message: `is more than what remains of the ${side}` },
  ]);

function termsOf({ quantity, price, from, until, reserves }: ExchangeContent | ExchangeRecord) {
  return { quantity, price, from, until, reserves };
}
