import { isSupply } from "../domain/flow.ts";
import type { Evaluation } from "../matching/evaluation.ts";
import type { Matcher } from "../matching/matcher.ts";
import type { ScoredPair } from "../stores/records/matchScores.ts";
import type { SightedParty, Subject } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";
import { partyForAnyone } from "./disclosure.ts";
import { veilEvaluation } from "./matchView.ts";
import type { FoundPair } from "./search.ts";

/** Pairs that score at least this are recorded as suggestions without anybody asking. */
export const suggestionThreshold = 0.5;

/** Scores pairs for their record: all from one state of the taxonomy. */
export type ScorePair = (output: Subject, input: Subject) => ScoredPair;

/**
 * Gives the pairs that have none yet a record, so that either side can act on them. As somebody has seen them, they hold as long
 * as they match, however low they score.
 */
export async function recordSuggestions(
  context: RequestContext,
  party: SightedParty,
  pairs: readonly Pick<FoundPair, "counterpart" | "isRecorded">[],
): Promise<void> {
  const fresh = pairs.filter(({ isRecorded }) => !isRecorded);
  if (fresh.length === 0) return;
  const { scorePair } = await openScoring(context);
  const subject = { party, isActive: true };
  const scored = fresh.map(({ counterpart }) => scorePair(...inOrder(subject, { party: counterpart, isActive: true })));
  const { actor } = context;
  const actingOrganizationId = actor.kind === "operator" ? party.organizationId : actor.organizationId;
  await context.services.matchScores.suggest(context, actingOrganizationId, scored, 0);
}

/** What pairs are scored with for their record, and the version of the taxonomy that they are noted to be scored from. */
export async function openScoring({
  services,
}: RequestContext): Promise<{ scorePair: ScorePair; taxonomyVersion: number }> {
  // Read first: where it changes meanwhile, pairs are taken to be older than they are, and scored again.
  const taxonomyVersion = Number((await services.readTaxonomy()).version);
  const { evaluate } = await services.readMatcher();
  return { taxonomyVersion, scorePair: (output, input) => scorePair(evaluate, taxonomyVersion, output, input) };
}

/** The side that supplies first. */
export function inOrder(one: Subject, other: Subject): [output: Subject, input: Subject] {
  return isSupply(one.party.flow.direction) ? [one, other] : [other, one];
}

/**
 * A pair in full: what the engine finds, what it finds with all that one side may not know of the other made coarse, and what it
 * finds by what anyone may know of both. Flows of which one has changed its direction since the pair was recorded do not match.
 */
function scorePair(
  evaluateFitting: Matcher["evaluate"],
  taxonomyVersion: number,
  { party: output, isActive: isOutputActive }: Subject,
  { party: input, isActive: isInputActive }: Subject,
): ScoredPair {
  const fits = isSupply(output.flow.direction) && !isSupply(input.flow.direction);
  const evaluate: Matcher["evaluate"] = (...sides) => {
    const evaluation = evaluateFitting(...sides);
    return fits ? evaluation : { ...evaluation, verdict: "no_match" };
  };
  const isOwn = output.organizationId === input.organizationId;
  const evaluation = evaluate(output, input);
  const [coarseOutput, coarseInput] = [partyForAnyone(output), partyForAnyone(input)];
  const common = evaluate(coarseOutput, coarseInput);
  return {
    evaluation,
    outputView: isOwn ? evaluation : viewOfSide(evaluate(output, coarseInput), input),
    inputView: isOwn ? evaluation : viewOfSide(evaluate(coarseOutput, input), output),
    common: {
      isMatch: common.verdict === "match",
      score: common.score,
      gates: Object.fromEntries(common.gates.map(({ gate, verdict }) => [gate, verdict])),
    },
    flowsActive: isOutputActive && isInputActive,
    outputOrganizationId: output.organizationId,
    inputOrganizationId: input.organizationId,
    outputFlowVersion: output.version,
    inputFlowVersion: input.version,
    outputBasis: [...output.basis, taxonomyVersion],
    inputBasis: [...input.basis, taxonomyVersion],
  };
}

function viewOfSide(evaluation: Evaluation, other: SightedParty): Evaluation {
  return other.sight.isPublic ? evaluation : veilEvaluation(evaluation);
}
