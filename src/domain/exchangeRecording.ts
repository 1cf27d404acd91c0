import { conflict, type FieldError, invalidField, notFound } from "./errors.ts";
import {
  type ExchangeContent,
  type ExchangeRecord,
  type ExchangeTerms,
  exchangeTransitions,
  termNames,
} from "./exchange.ts";
import { type Direction, type FlowStatus, isSupply } from "./flow.ts";
import type { OrganizationId } from "./ids.ts";
import type { MatchSide } from "./match.ts";

/** One of the two flows of an exchange that is to be recorded, as far as its recording depends on it. */
export type FlowSide = {
  organizationId: OrganizationId;
  direction: Direction;
  status: FlowStatus;
  unit: string;
  grade: string;
  /** In `unit`, as is what remains of it. */
  amount: number;
  remaining: number;
  isOwn: boolean;
};

export type Recorder = { kind: "operator" } | { kind: "sides"; sides: readonly MatchSide[] };

/** What there is already when somebody records an exchange. */
export type Known = {
  /** What the caller's own externalId names. */
  own: ExchangeRecord | null;
  /** Others of the same two flows that go on and that the caller has no key for. */
  others: readonly ExchangeRecord[];
};

/** What a recording comes to: a row that is not yet there, one that changes, or one that is as it should be. */
export type Recording =
  | { kind: "create"; sides: readonly MatchSide[] }
  /** The terms of one that its recorder may still change. */
  | { kind: "replace"; exchange: ExchangeRecord }
  /** The other side's proposal, word for word. */
  | { kind: "confirm"; exchange: ExchangeRecord; side: MatchSide }
  /** What the operator recorded already: the caller only gets its key for it. */
  | { kind: "adopt"; exchange: ExchangeRecord }
  /** One that is as it should be, but for whom the caller lets it be shown to. */
  | { kind: "show"; exchange: ExchangeRecord }
  | { kind: "keep"; exchange: ExchangeRecord };

/** Flows of which an exchange can be recorded: those that there are, whether anything remains of them or not. */
export const recordableStatuses = ["active", "paused", "fulfilled"] as const satisfies FlowStatus[];

/** Amounts closer than this, as a share of the flow's quantity, are the same: units are converted in binary fractions. */
export const reservationTolerance = 1e-9;

/** Who records an exchange of these two flows. Errors: `not_found`, `invalid` or `conflict` where it is not the caller's, or cannot be one. */
export function findRecorder(
  isOperator: boolean,
  output: FlowSide | undefined,
  input: FlowSide | undefined,
): { recorder: Recorder; output: FlowSide; input: FlowSide } {
  if (!output || !input || !(isOperator || output.isOwn || input.isOwn)) throw notFound("flow");
  if (!isSupply(output.direction))
    throw invalidField("/outputFlowId", "not_an_output", "is an input; an output or a shared flow is needed");
  if (isSupply(input.direction)) throw invalidField("/inputFlowId", "not_an_input", "is no input; one is needed");
  const sides: MatchSide[] = [];
  if (output.isOwn) sides.push("output");
  if (input.isOwn) sides.push("input");
  return { recorder: isOperator ? { kind: "operator" } : { kind: "sides", sides }, output, input };
}

/** What to do about an exchange that somebody records. Errors: `conflict`, naming the fields that differ. */
export function decideRecording(recorder: Recorder, content: ExchangeContent, { own, others }: Known): Recording {
  if (own) return decideOwn(recorder, content, own);
  if (recorder.kind === "operator") return { kind: "create", sides: ["output", "input"] };
  const equal = others.filter((other) => differingTerms(other, content).length === 0);
  const waiting = others.filter((other) => awaitedSide(other, recorder) !== null);
  const proposal = equal.find((other) => waiting.includes(other));
  if (proposal) return { kind: "confirm", exchange: proposal, side: awaitedSide(proposal, recorder)! };
  const recorded = equal.find(({ recordedBy }) => recordedBy === "operator");
  if (recorded) return { kind: "adopt", exchange: recorded };
  if (waiting[0])
    throw conflict(
      "terms_differ",
      `The other side has recorded this exchange as ${waiting[0].id}; record it with the same terms, or let that one fail.`,
      faultsOf(differingTerms(waiting[0], content), "differs from what the other side recorded"),
    );
  return { kind: "create", sides: recorder.sides };
}

function decideOwn(recorder: Recorder, content: ExchangeContent, own: ExchangeRecord): Recording {
  const flows = (["outputFlowId", "inputFlowId"] as const).filter((name) => own[name] !== content[name]);
  if (flows.length > 0)
    throw conflict(
      "exchange_flows",
      "This externalId is that of an exchange of other flows.",
      faultsOf(flows, "is another in the exchange that has this externalId"),
    );
  const terms = differingTerms(own, content);
  if (terms.length === 0) return decideShowing(recorder, content, own);
  if (!exchangeTransitions.failed.includes(own.state))
    throw conflict("exchange_state", `An exchange that is ${own.state} stays as it is.`);
  if (!isRevisable(recorder, own))
    throw conflict(
      "terms_agreed",
      "Both sides stand by this exchange, so that neither changes its terms: let it fail and record another.",
      faultsOf(terms, "differs from what both sides stand by"),
    );
  return { kind: "replace", exchange: own };
}

/** Of what is said about showing it, the operator's word counts only when it is recorded: later it is the sides'. */
function decideShowing(recorder: Recorder, content: ExchangeContent, own: ExchangeRecord): Recording {
  const sides = recorder.kind === "sides" ? recorder.sides : [];
  if (sides.some((side) => own.visibilityBy?.[side] !== content.visibility)) return { kind: "show", exchange: own };
  return { kind: "keep", exchange: own };
}

/** The operator may correct what it recorded, and a side what the other has not confirmed. */
function isRevisable(recorder: Recorder, { recordedBy, confirmedBy }: ExchangeRecord): boolean {
  if (recorder.kind === "operator") return recordedBy === "operator";
  const isProposal = !confirmedBy.output || !confirmedBy.input;
  return isProposal && recorder.sides.some((side) => side === recordedBy);
}

function awaitedSide({ confirmedBy }: ExchangeRecord, recorder: Recorder): MatchSide | null {
  if (recorder.kind === "operator") return null;
  return recorder.sides.find((side) => !confirmedBy[side]) ?? null;
}

/** The terms in which two do not say the same. */
export function differingTerms(one: ExchangeTerms, other: ExchangeTerms): (keyof ExchangeTerms)[] {
  return termNames.filter((name) => {
    if (name === "quantity") return !isSame(one.quantity, other.quantity, ["amount", "unit"]);
    if (name === "price") return !isSame(priceOf(one), priceOf(other), ["amount", "currency", "per"]);
    return one[name] !== other[name];
  });
}

/** 12.5 and 12.50 are the same price. */
function priceOf({ price }: ExchangeTerms) {
  return price && { ...price, amount: Number(price.amount) };
}

function isSame<Value extends object>(
  one: Value | null,
  other: Value | null,
  names: readonly (keyof Value)[],
): boolean {
  if (one === null || other === null) return one === other;
  return names.every((name) => one[name] === other[name]);
}

function faultsOf(names: readonly string[], message: string): FieldError[] {
  return names.map((name) => ({ pointer: `/${name}`, code: "differs", message }));
}
