import { computeSearchFacts } from "../../src/domain/flowSearch.ts";
import { distanceMeters } from "../../src/domain/geography.ts";
import { haveEqualHs } from "../../src/domain/taxonomy.ts";
import {
  type BoundCandidate,
  type CandidateSearch,
  type Coarseness,
  exactly,
  type SearchLimits,
} from "../../src/matching/candidateSearch.ts";
import type { Party } from "../../src/matching/party.ts";

/** What a store reads of a counterpart for the bound; null for one that neither grade nor code lets it find. */
export function boundCandidateOf(
  search: CandidateSearch,
  subject: Party,
  { flow, site, organization }: Party,
): BoundCandidate | null {
  const facts = computeSearchFacts(flow);
  const isEqualByCode = (search.ewc !== null && flow.codes.ewc === search.ewc) || haveEqualHs(search.hs, flow.codes.hs);
  const byGrade = search.grades.find(({ grade }) => grade === flow.grade)?.qualityBound ?? null;
  if (byGrade === null && !isEqualByCode) return null;
  return {
    qualityBound: isEqualByCode ? 1 : byGrade!,
    distanceMeters: distanceMeters(subject.site.position, site.position),
    dimension: facts.dimension,
    basis: flow.quantity.basis,
    canonicalRemaining: (facts.canonicalAmount * (flow.quantity.amount - flow.reservedAmount)) / flow.quantity.amount,
    monthsMask: facts.monthsMask,
    precisionLevel: flow.precision.level,
    verified: organization.verified,
    exchangesCompleted: organization.exchangesCompleted,
  };
}

/** Whether a store's query would fetch the counterpart, by the conditions that `CandidateSearch` states. */
export function isFetched(
  search: CandidateSearch,
  limits: SearchLimits,
  subject: Party,
  party: Party,
  { slackMeters }: Coarseness = exactly,
): boolean {
  const candidate = boundCandidateOf(search, subject, party);
  if (candidate === null) return false;
  const facts = computeSearchFacts(party.flow);
  const { temperatureMaximumAtLeastKelvin: atLeast, temperatureMinimumAtMostKelvin: atMost } = limits;
  const { temperatureMaximumKelvin: maximum, temperatureMinimumKelvin: minimum } = facts;
  const isOwn = party.organizationId === search.ownOrganization.id;
  return (
    search.directions.includes(party.flow.direction) &&
    candidate.distanceMeters <= limits.radiusMeters + slackMeters &&
    search.dimensions.includes(candidate.dimension) &&
    search.bases.includes(candidate.basis) &&
    (limits.monthsMask === null || (candidate.monthsMask & limits.monthsMask) !== 0) &&
    (atLeast === null || maximum === null || maximum >= atLeast) &&
    (atMost === null || minimum === null || minimum <= atMost) &&
    (!isOwn || search.ownOrganization.isAllowed || party.flow.constraints.allowsOwnOrganization) &&
    !search.blockedOrganizationIds.includes(party.organizationId)
  );
}
