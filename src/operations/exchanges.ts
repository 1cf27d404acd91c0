import type { Changed } from "../domain/change.ts";
import { AppError, conflict, invalid, notFound, preconditionFailed } from "../domain/errors.ts";
import {
  type ExchangeRecord,
  type ExchangeState,
  exchangeSettingsSchema,
  exchangeTransitions,
} from "../domain/exchange.ts";
import type { ExchangeId } from "../domain/ids.ts";
import type { MatchSide } from "../domain/match.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { CurrentExchange } from "../stores/records/exchangeChanges.ts";
import type { ExchangeFilter } from "../stores/records/exchanges.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { mergeContent, revise } from "./revision.ts";

export async function listExchanges(
  context: RequestContext,
  filter: ExchangeFilter,
  page: Page,
): Promise<Paged<ExchangeRecord>> {
  authorize(context.actor, "listExchanges");
  return context.services.exchanges.list(context, filter, page);
}

export async function getExchange(context: RequestContext, id: ExchangeId): Promise<ExchangeRecord> {
  authorize(context.actor, "getExchange");
  const exchange = await context.services.exchanges.find(context, id);
  if (!exchange) throw notFound("exchange");
  return exchange;
}

/** Moves an exchange to a later state; a failure says why. */
export async function advanceExchange(
  context: RequestContext,
  id: ExchangeId,
  { to, reason }: { to: ExchangeState; reason: string | null },
  ifMatch: number | null,
): Promise<Changed<ExchangeRecord>> {
  authorize(context.actor, "advanceExchange");
  if (to === "failed" && reason === null)
    throw invalid([{ pointer: "/reason", code: "reason_missing", message: "says why the exchange failed" }]);
  const written = await context.services.exchangeChanges.advance(context, id, to, reason, ifMatch);
  if (written.kind === "written") return written;
  if (written.kind === "missing") throw notFound("exchange");
  throw whyNotAdvanced(context, written.current, to, ifMatch);
}

function whyNotAdvanced(
  { actor }: RequestContext,
  { version, state, isConfirmed, recordedBy, isParty }: CurrentExchange,
  to: ExchangeState,
  ifMatch: number | null,
): AppError {
  if (!isParty) return conflict("not_a_party", "Only the two sides of an exchange move it on.");
  if (actor.kind === "operator" && recordedBy !== "operator")
    return conflict("not_a_party", "Only the two sides of an exchange that the operator did not record move it on.");
  if (ifMatch !== null && version !== ifMatch) return preconditionFailed(version);
  if (!exchangeTransitions[to].includes(state))
    return conflict("exchange_state", `An exchange that is ${state} cannot become ${to}.`);
  if (!isConfirmed && to !== "failed")
    return conflict("not_confirmed", "The other side has yet to record this exchange; until then it can only fail.");
  return new AppError("conflict", "Others keep changing this; try again.", {
    reason: "write_contention",
    retryAfterSeconds: 1,
  });
}

/** Changes what a side may change by itself: to whom it lets the exchange be shown. */
export async function updateExchange(
  context: RequestContext,
  id: ExchangeId,
  patch: object,
  ifMatch: number | null,
): Promise<ExchangeRecord> {
  const { organizationId } = authorizeMember(context.actor, "updateExchange");
  const { exchanges, exchangeChanges } = context.services;
  return revise(
    "exchange",
    ifMatch,
    () => exchanges.find(context, id),
    async (current) => {
      const side = sideOf(current, organizationId);
      if (!side || !current.visibilityBy) throw conflict("not_a_party", "Only the two sides of an exchange change it.");
      const visibility = current.visibilityBy[side];
      const next = mergeContent(exchangeSettingsSchema, { visibility }, patch);
      if (next.visibility === visibility) return "unchanged";
      const written = await exchangeChanges.show(context, current, next.visibility);
      return written ? { kind: "written", value: written, replayed: false } : { kind: "refused", current };
    },
  );
}

/** The side on which an organization stands; the output of one that stands on both. */
function sideOf(exchange: ExchangeRecord, organizationId: string): MatchSide | null {
  if (exchange.outputOrganizationId === organizationId) return "output";
  return exchange.inputOrganizationId === organizationId ? "input" : null;
}
