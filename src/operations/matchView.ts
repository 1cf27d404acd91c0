import type { Actor } from "../domain/actor.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { Evaluation, GateResult, Money, TermResult } from "../matching/evaluation.ts";

/** What one caller sees of a pair's money: null where it is the other side's to know. */
export type MoneyView = Omit<Money, "perYear" | "low" | "high" | "price"> & {
  perYear: { [Part in keyof Money["perYear"]]: Money["perYear"][Part] | null };
  low: string | null;
  high: string | null;
  price: Money["price"];
};

export type EvaluationView = Omit<Evaluation, "money"> & { money: MoneyView };

type Sides = { outputOrganizationId: OrganizationId; inputOrganizationId: OrganizationId };

/**
 * A pair as the caller may see it. The operator, and an organization that stands on both sides, sees all. A side sees its
 * own gain and its own parts; the joint value, and a price that splits it, would tell the other's. Who stands on neither
 * sees no money.
 */
export function viewEvaluation(actor: Actor, evaluation: Evaluation, sides: Sides): EvaluationView {
  const isSeller = actor.kind === "operator" || actor.organizationId === sides.outputOrganizationId;
  const isBuyer = actor.kind === "operator" || actor.organizationId === sides.inputOrganizationId;
  if (isSeller && isBuyer) return evaluation;
  const { money, terms } = evaluation;
  return {
    ...evaluation,
    terms: terms.map(withoutFigures),
    money: viewMoney(money, isSeller ? "seller" : isBuyer ? "buyer" : null),
  };
}

function viewMoney({ perYear, price, parts, ...money }: Money, side: "seller" | "buyer" | null): MoneyView {
  return {
    ...money,
    perYear: {
      joint: null,
      seller: side === "seller" ? perYear.seller : null,
      buyer: side === "buyer" ? perYear.buyer : null,
      currency: perYear.currency,
    },
    low: null,
    high: null,
    price: side === null || price?.from === "even_split" ? null : price,
    parts: parts.filter((part) => part.side === side),
  };
}

/** The economics term is shown as a number; its sentence names the joint value. */
function withoutFigures(term: TermResult): TermResult {
  return term.term === "economics"
    ? { ...term, sentence: "What the exchange is worth to both sides together, against what the need costs otherwise" }
    : term;
}

const stepsToOne = 20;
const toStep = (fraction: number) => Math.round(fraction * stepsToOne) / stepsToOne;
const toStepBelow = (fraction: number) => Math.floor(fraction * stepsToOne + 1e-9) / stepsToOne;
const toStepAbove = (fraction: number) => Math.ceil(fraction * stepsToOne - 1e-9) / stepsToOne;

/** The most by which a score in steps is more than the score itself. */
export const scoreStepAllowance = 0.5 / stepsToOne;

/** A score as it is shown of a pair whose other side is hidden: in steps of 0.05. */
export const stepScore = toStep;

/** A pair whose other side is hidden: score and economics in steps of 0.05, and nothing of a price that the other states. */
export function veilEvaluation(evaluation: Evaluation): Evaluation {
  return {
    ...evaluation,
    score: toStep(evaluation.score),
    low: toStepBelow(evaluation.low),
    high: toStepAbove(evaluation.high),
    gates: evaluation.gates.map(withoutPrices),
    terms: evaluation.terms.map(inSteps),
    money: { ...evaluation.money, price: null },
  };
}

function withoutPrices(gate: GateResult): GateResult {
  if (gate.gate !== "price") return gate;
  const detail =
    gate.verdict === "pass"
      ? "No more is asked than is offered, or at most one side states a price"
      : "More is asked than the other side offers";
  return { ...gate, short: null, closes: gate.verdict === "near" ? "A price between the two" : null, detail };
}

function inSteps(term: TermResult): TermResult {
  if (term.term !== "economics") return term;
  const value = toStep(term.value);
  return {
    ...term,
    value,
    low: toStepBelow(term.low),
    high: toStepAbove(term.high),
    contribution: term.weight * value,
  };
}
