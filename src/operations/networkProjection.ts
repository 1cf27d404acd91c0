import type { TurashEvent } from "../domain/event.ts";
import { isId, uuidOf } from "../domain/ids.ts";
import type { MatchFigures, NetworkMatchRecord, NetworkNoun, NetworkTombstone } from "../domain/network.ts";
import exchangeRates from "../domain/reference/exchangeRates.json" with { type: "json" };
import type { Money } from "../matching/evaluation.ts";
import type { NetworkEntry } from "../stores/graph/port.ts";
import type { NetworkRow, NetworkSelection, StandingMatch } from "../stores/records/networkRecords.ts";
import type { RequestContext } from "./context.ts";
import { stepScore } from "./matchView.ts";

/** More grades than any taxonomy has. */
const maximumGrades = 10_000;

/**
 * Brings the graph up to events: reads the records that they tell of as they are now and writes them where they are newer. Any
 * order, any number of times: the same end.
 */
export async function projectEvents(
  { services }: Pick<RequestContext, "services">,
  events: readonly TurashEvent[],
): Promise<void> {
  const subjects = subjectsOf(events);
  const rows = await services.networkRecords.read(selectionOf(subjects));
  await services.graph.apply([
    ...rows.map(toEntry),
    ...lost(subjects, rows),
    ...(subjects.grade ? await lostGrades(services, rows) : []),
  ]);
}

/** An entry of the graph, with what of a match each may know. */
export function toEntry(row: NetworkRow): NetworkEntry {
  return row.noun === "match" && !("isGone" in row) ? toMatchRecord(row) : row;
}

type SubjectNoun = Exclude<NetworkNoun, "grade"> | "programme";
type Subjects = Record<SubjectNoun, Map<string, number>> & { grade: boolean };

/** What events tell of, each with the highest version that one of them names. */
function subjectsOf(events: readonly TurashEvent[]): Subjects {
  const subjects: Subjects = {
    organization: new Map(),
    site: new Map(),
    flow: new Map(),
    match: new Map(),
    exchange: new Map(),
    programme: new Map(),
    grade: events.some(({ type }) => type === "turash.taxonomy.updated"),
  };
  const note = (noun: SubjectNoun, id: string, version: unknown) => {
    const known = subjects[noun].get(id) ?? 0;
    subjects[noun].set(id, Math.max(known, typeof version === "number" ? version : 1));
  };
  for (const { subject, data } of events) {
    if (subject === null) continue;
    const noun = projectedNouns.find((each) => isId(each, subject));
    // Of a change to one participation only that organization changes, whose version says nothing of it.
    if (noun === "programme" && typeof data.organizationId === "string") note("organization", data.organizationId, 0);
    else if (noun) note(noun, subject, data.version);
  }
  return subjects;
}

const projectedNouns = ["organization", "site", "flow", "match", "exchange", "programme"] as const;

function selectionOf({ grade, ...subjects }: Subjects): NetworkSelection {
  const ids = (noun: SubjectNoun) => [...subjects[noun].keys()].map((id) => uuidOf(id as Parameters<typeof uuidOf>[0]));
  return { ...Object.fromEntries(projectedNouns.map((noun) => [noun, ids(noun)])), grade };
}

/** Of which there is no row any more, not even one that says it was deleted. */
function lost(subjects: Subjects, rows: readonly NetworkRow[]): NetworkTombstone[] {
  const known = new Set(rows.map(({ id }) => id as string));
  return (["organization", "site", "flow", "match", "exchange"] as const).flatMap((noun) =>
    [...subjects[noun]].flatMap(([id, version]) =>
      known.has(id) || version === 0 ? [] : [{ noun, id, version, isGone: true as const }],
    ),
  );
}

/** Grades are deleted without a trace, so the graph is asked which it has. */
async function lostGrades(
  { graph }: RequestContext["services"],
  rows: readonly NetworkRow[],
): Promise<NetworkTombstone[]> {
  const grades = rows.filter(({ noun }) => noun === "grade");
  const version = grades[0]?.version;
  if (version === undefined) return [];
  const known = new Set(grades.map(({ id }) => id as string));
  const held = await graph.listHeld("grade", { after: null, until: null }, maximumGrades);
  return held.flatMap(({ id }) =>
    known.has(id) ? [] : [{ noun: "grade" as const, id, version, isGone: true as const }],
  );
}

function toMatchRecord({ evaluation, outputView, inputView, ...match }: StandingMatch): NetworkMatchRecord {
  return {
    ...match,
    ...figuresOf(evaluation, "joint"),
    outputView: figuresOf(outputView, "seller"),
    inputView: figuresOf(inputView, "buyer"),
    // What the two sides alone know of each other's money is in the score as well.
    othersView: { score: stepScore(evaluation.score), value: null },
  };
}

function figuresOf({ score, money }: StandingMatch["evaluation"], whose: "joint" | "seller" | "buyer"): MatchFigures {
  return { score, value: money.basis === "per_year" ? toEuros(money.perYear[whose], money.perYear.currency) : null };
}

function toEuros(amount: string, currency: Money["perYear"]["currency"]): number {
  const perEuro = exchangeRates.perEuro[currency];
  return currency === "EUR" ? Number(amount) : Math.round((Number(amount) / perEuro) * 100) / 100;
}
