import type { Changed } from "../domain/change.ts";
import { conflict, invalidField, notFound } from "../domain/errors.ts";
import { isSupply } from "../domain/flow.ts";
import { matchIdOf, type ProgrammeId } from "../domain/ids.ts";
import type { Introduction, IntroductionContent } from "../domain/programme.ts";
import type { SightedParty } from "../stores/spatial/candidates.ts";
import type { RequestContext } from "./context.ts";
import { partyFor } from "./disclosure.ts";
import { authorizeMember } from "./permissions.ts";
import { recordSuggestions } from "./suggestions.ts";

/**
 * A facilitator brings two participants together who both let it: their pair gets its record, if it has none, and both sides
 * hear of it. Interest is theirs to show.
 */
export async function introduceFlows(
  context: RequestContext,
  programmeId: ProgrammeId,
  content: IntroductionContent,
): Promise<Changed<Introduction>> {
  authorizeMember(context.actor, "introduceFlows");
  const { outputFlowId, inputFlowId } = content;
  const { introductions } = context.services;
  const found = await introductions.findFlows(context, programmeId, [outputFlowId, inputFlowId]);
  if (!found) throw notFound("programme");
  const flows = [found.get(outputFlowId), found.get(inputFlowId)];
  if (flows.includes(undefined)) throw notFound("flow");
  if (flows.some((flow) => !flow!.consents)) throw consentMissing();
  if (flows.some((flow) => !flow!.isActive)) throw flowNotActive();
  const { output, input } = await findParties(context, content);
  await assertMatching(context, output, input);
  await recordSuggestions(context, output, [{ counterpart: input, isRecorded: false }]);
  const introduction = { ...content, programmeId, matchId: matchIdOf(outputFlowId, inputFlowId) };
  const written = await introductions.introduce(context, introduction);
  if (written.kind === "written") return written;
  // Taken back, closed or withdrawn since the flows were read.
  if (written.kind === "missing") throw notFound("programme");
  const { state, isIntroduced, consents, flowsActive } = written.current;
  if (!consents) throw consentMissing();
  if (!flowsActive) throw flowNotActive();
  if (isIntroduced) throw alreadyIntroduced();
  throw conflict("match_state", `The two sides of a match that is ${state} cannot be introduced.`);
}

async function findParties(context: RequestContext, { outputFlowId, inputFlowId }: IntroductionContent) {
  const parties = await context.services.candidates.findPair(context, outputFlowId, inputFlowId);
  const output = parties.get(outputFlowId);
  const input = parties.get(inputFlowId);
  if (!output || !input) throw notFound("flow");
  if (!isSupply(output.flow.direction))
    throw invalidField("/outputFlowId", "not_an_output", "is an input; an output or a shared flow is needed");
  if (isSupply(input.flow.direction)) throw invalidField("/inputFlowId", "not_an_input", "is no input; one is needed");
  if (output.organizationId === input.organizationId)
    throw invalidField("/inputFlowId", "same_organization", "is of the same organization as the output");
  return { output, input };
}

/** Of a pair that cannot be, such as of two of whom one has blocked the other, there is nothing to tell the two. */
async function assertMatching({ actor, services }: RequestContext, output: SightedParty, input: SightedParty) {
  const { evaluate } = await services.readMatcher();
  if (evaluate(partyFor(actor, output), partyFor(actor, input)).verdict === "no_match")
    throw conflict("no_match", "These two flows do not match; evaluating them tells why.");
}

const consentMissing = () =>
  conflict(
    "consent_missing",
    "Both organizations must take part in this programme and let facilitators introduce them.",
  );

const flowNotActive = () => conflict("flow_not_active", "One of the two flows is not active.");

const alreadyIntroduced = () =>
  conflict("already_introduced", "A facilitator has introduced these two already in this round.");
