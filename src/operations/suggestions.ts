import { type Flow, isSupply } from "../domain/flow.ts";
import type { FlowId } from "../domain/ids.ts";
import type { Evaluation } from "../matching/evaluation.ts";
import type { Suggestion } from "../stores/records/matches.ts";
import type { SightedParty } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";
import { partyForAnyone } from "./disclosure.ts";
import { veilEvaluation } from "./matchView.ts";
import { type FoundPair, searcherForAnyone, searchMatches } from "./search.ts";

/** Pairs that score at least this are recorded as suggestions without anybody asking. */
export const suggestionThreshold = 0.5;
/** How many of them for one flow. */
const maximumSuggestions = 50;

/** Searches of this isolate that go on beside its requests; more of them would take the database from callers who wait. */
const maximumAtOnce = 8;
/** Longer than any request lives: a search that was cut off is forgotten after it. */
const searchLifetimeMs = 60_000;
const runningSince = new Map<symbol, number>();

/**
 * After a flow has changed: finds its best pairs and records those that are new, when the answer is out already. A busy
 * isolate leaves that to the list of the flow's matches, which records what it shows.
 */
export function suggestInBackground(context: RequestContext, flow: Flow): void {
  const now = context.at.getTime();
  for (const [search, since] of runningSince) if (now - since > searchLifetimeMs) runningSince.delete(search);
  if (flow.status !== "active" || runningSince.size >= maximumAtOnce) return;
  const search = Symbol(flow.id);
  runningSince.set(search, now);
  context.services.waitUntil(
    afterThisTurn()
      .then(() => suggestFor(context, flow.id))
      .catch((error: unknown) => {
        // The list of a flow's matches records what it shows, so nothing is lost for good.
        console.error(
          JSON.stringify({
            level: "warn",
            event: "suggest_failed",
            requestId: context.requestId,
            flowId: flow.id,
            cause: String(error),
          }),
        );
      })
      .finally(() => {
        runningSince.delete(search);
      }),
  );
}

/** Lets the answer, and what it tells of its own trips to the database, go first. */
function afterThisTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function suggestFor(context: RequestContext, flowId: FlowId): Promise<void> {
  const subject = await context.services.candidates.findSubject(context, flowId);
  if (!subject?.isActive) return;
  const pairs = await searchMatches(context, searcherForAnyone, partyForAnyone(subject.party), {
    limit: maximumSuggestions,
    minScore: suggestionThreshold,
  });
  await recordSuggestions(context, subject.party, pairs);
}

/**
 * Gives the pairs that have none yet a record, so that either side can act on them: what the engine finds, and what it finds
 * with all that one side may not know of the other made coarse.
 */
export async function recordSuggestions(
  context: RequestContext,
  subject: SightedParty,
  pairs: readonly Pick<FoundPair, "counterpart" | "isRecorded">[],
): Promise<void> {
  const fresh = pairs.filter(({ isRecorded }) => !isRecorded);
  if (fresh.length === 0) return;
  const { evaluate } = await context.services.readMatcher();
  const suggestions = fresh.map(({ counterpart }): Suggestion => {
    const [output, input] = isSupply(subject.flow.direction) ? [subject, counterpart] : [counterpart, subject];
    const isOwn = output.organizationId === input.organizationId;
    const evaluation = evaluate(output, input);
    return {
      evaluation,
      outputView: isOwn ? evaluation : viewOfSide(evaluate(output, partyForAnyone(input)), input),
      inputView: isOwn ? evaluation : viewOfSide(evaluate(partyForAnyone(output), input), output),
      outputOrganizationId: output.organizationId,
      inputOrganizationId: input.organizationId,
      outputFlowVersion: output.version,
      inputFlowVersion: input.version,
    };
  });
  const { actor } = context;
  const actingOrganizationId = actor.kind === "operator" ? subject.organizationId : actor.organizationId;
  await context.services.matches.suggest(context, actingOrganizationId, suggestions);
}

function viewOfSide(evaluation: Evaluation, other: SightedParty): Evaluation {
  return other.sight.isPublic ? evaluation : veilEvaluation(evaluation);
}
