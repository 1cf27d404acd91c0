import type { Changed } from "../domain/change.ts";
import { conflict, invalidField, notFound } from "../domain/errors.ts";
import { type FlowContent, isSupply } from "../domain/flow.ts";
import { type FlowId, type MatchId, type OrganizationId, uuidOf } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import type { Evaluation } from "../matching/evaluation.ts";
import type { Party } from "../matching/party.ts";
import type { CurrentMatch, MatchFilter, StoredMatch } from "../stores/records/matches.ts";
import type { Written } from "../stores/records/written.ts";
import type { SightedParty, Subject } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";
import { type Counterpart, describeCounterpart, isHiddenFrom, partyFor } from "./disclosure.ts";
import { prepareFlow } from "./flows.ts";
import { type EvaluationView, veilEvaluation, viewEvaluation } from "./matchView.ts";
import { authorize, authorizeMember } from "./permissions.ts";
import { type FoundPair, searcherFor, searchMatches, searchNearMisses } from "./search.ts";
import { recordSuggestions } from "./suggestions.ts";

export type MatchSearch = { limit: number; minScore: number };

/** The best matches of one flow, ranked. Those shown for the first time are recorded, so that either side can act on them. */
export async function listFlowMatches(
  context: RequestContext,
  flowId: FlowId,
  options: MatchSearch,
): Promise<PairView[]> {
  authorize(context.actor, "listFlowMatches");
  const subject = await findSubject(context, flowId);
  const pairs = await searchMatches(
    context,
    searcherFor(context.actor),
    partyFor(context.actor, subject.party),
    options,
  );
  if (subject.isActive) await recordSuggestions(context, subject.party, pairs);
  return viewPairs(context, subject.party, pairs);
}

export async function listNearMisses(context: RequestContext, flowId: FlowId, limit: number): Promise<PairView[]> {
  authorize(context.actor, "listNearMisses");
  const subject = await findSubject(context, flowId);
  const seen = partyFor(context.actor, subject.party);
  return viewPairs(context, subject.party, await searchNearMisses(context, searcherFor(context.actor), seen, limit));
}

/** The flow to find counterparts for: one of the caller's own, or that it facilitates, or for the operator any. */
async function findSubject(context: RequestContext, flowId: FlowId): Promise<Subject> {
  const subject = await context.services.candidates.findSubject(context, flowId);
  if (!subject) throw notFound("flow");
  return subject;
}

/** The matches and near misses that a flow would have; nothing is stored. */
export async function previewMatches(
  context: RequestContext,
  content: FlowContent,
  options: MatchSearch,
): Promise<{ matches: PairView[]; nearMisses: PairView[] }> {
  const { organizationId } = authorizeMember(context.actor, "previewMatches");
  await context.services.admitProbe(organizationId);
  const flow = await prepareFlow(context, organizationId, content);
  const place = await context.services.candidates.findPlace(context.actor, uuidOf(content.siteId));
  if (!place) throw invalidField("/siteId", "unknown_site", "your organization has no such site");
  const subject: Party = { flowId: flow.id, organizationId, version: flow.version, flow, ...place };
  const searcher = searcherFor(context.actor);
  const pairs = await searchMatches(context, searcher, subject, options);
  const nearMisses = await searchNearMisses(context, searcher, subject, options.limit);
  return { matches: viewPairs(context, subject, pairs), nearMisses: viewPairs(context, subject, nearMisses) };
}

/** One pair with every gate's verdict and every term, also when it fails. */
export async function evaluateMatch(
  context: RequestContext,
  { outputFlowId, inputFlowId }: { outputFlowId: FlowId; inputFlowId: FlowId },
): Promise<PairView> {
  const { actor } = context;
  authorize(actor, "evaluateMatch");
  if (actor.kind !== "operator") await context.services.admitProbe(actor.organizationId);
  const parties = await context.services.candidates.findPair(context, outputFlowId, inputFlowId);
  const output = parties.get(outputFlowId);
  const input = parties.get(inputFlowId);
  if (!output || !input) throw notFound("flow");
  if (!isSupply(output.flow.direction))
    throw invalidField("/outputFlowId", "not_an_output", "is an input; an output or a shared flow is needed");
  if (isSupply(input.flow.direction))
    throw invalidField(
      "/inputFlowId",
      "not_an_input",
      `is ${input.flow.direction === "shared" ? "a shared flow" : "an output"}; an input is needed`,
    );
  const { evaluate } = await context.services.readMatcher();
  const evaluation = evaluate(partyFor(actor, output), partyFor(actor, input));
  const isOutputOther = actor.kind !== "operator" && actor.organizationId === input.organizationId;
  return viewPair(context, evaluation, isOutputOther ? [input, output] : [output, input]);
}

/** A stored match; its gates and terms are for `evaluate`, which finds them anew. The organization that is hidden is null. */
export type MatchView = Omit<
  StoredMatch,
  "evaluation" | "counterpart" | "outputOrganizationId" | "inputOrganizationId"
> &
  Omit<PairView, "gates" | "terms"> &
  Record<"outputOrganizationId" | "inputOrganizationId", OrganizationId | null>;

export async function listMatches(context: RequestContext, filter: MatchFilter, page: Page): Promise<Paged<MatchView>> {
  authorize(context.actor, "listMatches");
  const { items, next } = await context.services.matches.list(context, filter, page);
  return { items: items.map((match) => viewMatch(context, match)), next };
}

export async function getMatch(context: RequestContext, id: MatchId): Promise<MatchView> {
  authorize(context.actor, "getMatch");
  const match = await context.services.matches.view(context, id);
  if (!match) throw notFound("match");
  return viewMatch(context, match);
}

export async function showInterest(context: RequestContext, id: MatchId): Promise<Changed<MatchView>> {
  authorizeMember(context.actor, "moveMatch");
  return settleMove(context, await context.services.matches.showInterest(context, id), "interest");
}

export async function declineMatch(context: RequestContext, id: MatchId, reason: string): Promise<Changed<MatchView>> {
  authorizeMember(context.actor, "moveMatch");
  return settleMove(context, await context.services.matches.decline(context, id, reason), "decline");
}

function settleMove(
  context: RequestContext,
  written: Written<StoredMatch, CurrentMatch>,
  move: "interest" | "decline",
): Changed<MatchView> {
  if (written.kind === "written") return { value: viewMatch(context, written.value), replayed: written.replayed };
  if (written.kind === "missing") throw notFound("match");
  const { state, ownInterest, flowsActive } = written.current;
  if (move === "interest" && state === "interested_one" && ownInterest)
    throw conflict("already_interested", "Your side has shown interest already; the other has yet to.");
  if (move === "interest" && !flowsActive) throw conflict("flow_not_active", "One of the two flows is not active.");
  throw conflict("match_state", `A match that is ${state} cannot be moved by ${move}.`);
}

function viewMatch(context: RequestContext, { evaluation, counterpart: sight, ...match }: StoredMatch): MatchView {
  const { gates: _gates, terms: _terms, ...summary } = viewEvaluation(context.actor, evaluation, match);
  const counterpart = sight && describeCounterpart(context, sight.organizationId, sight);
  const known = (id: OrganizationId) =>
    counterpart?.organizationId === null && id === sight!.organizationId ? null : id;
  return {
    ...match,
    ...summary,
    outputOrganizationId: known(match.outputOrganizationId),
    inputOrganizationId: known(match.inputOrganizationId),
    counterpart,
  };
}

/** A pair as the caller may see it, and who is on its other side. */
export type PairView = EvaluationView & { counterpart: Counterpart | null };

function viewPairs(context: RequestContext, subject: FlowSide, pairs: readonly FoundPair[]): PairView[] {
  return pairs.map(({ counterpart, evaluation }) => viewPair(context, evaluation, [subject, counterpart]));
}

type FlowSide = Pick<Party, "organizationId" | "flow">;

/** The operator stands on neither side, so there is no other one to describe. */
function viewPair(
  context: RequestContext,
  found: Evaluation,
  [subject, counterpart]: [FlowSide, SightedParty],
): PairView {
  const { actor } = context;
  const evaluation = isHiddenFrom(actor, counterpart) ? veilEvaluation(found) : found;
  const [output, input] = isSupply(subject.flow.direction) ? [subject, counterpart] : [counterpart, subject];
  return {
    ...viewEvaluation(actor, evaluation, {
      outputOrganizationId: output.organizationId,
      inputOrganizationId: input.organizationId,
    }),
    counterpart:
      actor.kind === "operator" ? null : describeCounterpart(context, counterpart.organizationId, counterpart.sight),
  };
}
