import type { Actor } from "../domain/actor.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { Evaluation, Money, TermResult } from "../matching/evaluation.ts";

/** What one caller sees of a pair's money: null where it is the other side's to know. */
export type MoneyView = Omit<Money, "perYear" | "low" | "high" | "price"> & {
  perYear: { [Part in keyof Money["perYear"]]: Money["perYear"][Part] | null };
  low: string | null;
  high: string | null;
  price: Money["price"];
};

export type EvaluationView = Omit<Evaluation, "money"> & { money: MoneyView };

/**
 * A pair as the caller may see it. The operator, and an organization that stands on both sides, sees all. A side sees its
 * own gain and its own parts; the joint value, and a price that splits it, would tell the other's.
 */
export function viewEvaluation(
  actor: Actor,
  evaluation: Evaluation,
  outputOrganizationId: OrganizationId,
  inputOrganizationId: OrganizationId,
): EvaluationView {
  const isSeller = actor.kind === "operator" || actor.organizationId === outputOrganizationId;
  const isBuyer = actor.kind === "operator" || actor.organizationId === inputOrganizationId;
  if (isSeller && isBuyer) return evaluation;
  const { money, terms } = evaluation;
  return { ...evaluation, terms: terms.map(withoutFigures), money: viewMoney(money, isSeller ? "seller" : "buyer") };
}

function viewMoney({ perYear, price, parts, ...money }: Money, side: "seller" | "buyer"): MoneyView {
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
    price: price?.from === "even_split" ? null : price,
    parts: parts.filter((part) => part.side === side),
  };
}

/** The economics term is shown as a number; its sentence names the joint value. */
function withoutFigures(term: TermResult): TermResult {
  return term.term === "economics"
    ? { ...term, sentence: "What the exchange is worth to both sides together, against what the need costs otherwise" }
    : term;
}
