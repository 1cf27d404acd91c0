import { type NetworkNoun, networkNouns } from "../domain/network.ts";
import type { Rebuild } from "../stores/records/graphTasks.ts";
import type { Services } from "./context.ts";
import { toEntry } from "./networkProjection.ts";

export type GraphServices = Pick<Services, "graph" | "graphTasks" | "networkRecords">;

/** Records of one statement. */
const batch = 500;
/** Reads of a generation that has just been replaced are over after it. */
const graceMs = 60_000;
const dropBatch = 5_000;

/** Begins a rebuild, or goes on with the one that runs; one whose generation is no more begins anew. */
export async function beginRebuild({ graph, graphTasks }: GraphServices, at: Date): Promise<Rebuild> {
  const known = await graphTasks.findRebuild();
  const { building } = await graph.generations();
  if (known?.state === "running" && known.label === building?.label) return known;
  // What was written into it belongs to a rebuild of which nobody knows any more how far it came.
  if (building) await graph.abandonGeneration(at);
  const label = await graph.beginGeneration(at);
  await graphTasks.startRebuild(label, networkNouns[0], at);
  return (await graphTasks.findRebuild())!;
}

/**
 * Writes records into the generation that is being built, noun by noun, while the old one is read and events go into both; in the
 * end they change places. Returns when the time is used, or when somebody else goes on with it. Again and again, it ends.
 */
export async function continueRebuild(
  services: GraphServices,
  from: Rebuild,
  at: Date,
  hasTime: () => boolean,
): Promise<Rebuild> {
  const { graph, graphTasks } = services;
  let rebuild = from;
  while (rebuild.state === "running" && rebuild.noun !== null && hasTime()) {
    const next = await writePage(services, rebuild, rebuild.noun);
    if (!(await graphTasks.advanceRebuild(rebuild, next, at))) return (await graphTasks.findRebuild()) ?? rebuild;
    rebuild = { ...rebuild, ...next };
  }
  if (rebuild.state !== "running" || rebuild.noun !== null) return rebuild;
  // Where it is read already, a call before this one was broken off between the two.
  const isRead = (await graph.generations()).current?.label === rebuild.label;
  if (isRead || (await graph.switchGeneration(rebuild.label, at))) await graphTasks.finishRebuild(rebuild.label, at);
  return (await graphTasks.findRebuild()) ?? rebuild;
}

async function writePage(
  { graph, networkRecords }: GraphServices,
  { after, written, label }: Rebuild,
  noun: NetworkNoun,
) {
  const rows = await networkRecords.page(noun, { after, until: null }, batch);
  await graph.apply(rows.map(toEntry), label);
  const isLast = rows.length < batch;
  return {
    noun: isLast ? (networkNouns[networkNouns.indexOf(noun) + 1] ?? null) : noun,
    after: isLast ? null : rows.at(-1)!.id,
    written: written + rows.length,
  };
}

/** For the schedule: goes on with a rebuild that runs; how many records were written. */
export async function continueScheduledRebuild(
  services: GraphServices,
  at: Date,
  hasTime: () => boolean,
): Promise<number> {
  const known = await services.graphTasks.findRebuild();
  if (known?.state !== "running") return 0;
  const rebuild = await beginRebuild(services, at);
  return (await continueRebuild(services, rebuild, at, hasTime)).written - rebuild.written;
}

/** For the schedule: drops what was replaced a while ago; in how many turns. */
export async function dropReplaced({ graph }: GraphServices, at: Date, hasTime: () => boolean): Promise<number> {
  const before = new Date(at.getTime() - graceMs);
  if ((await graph.generations()).retired === 0) return 0;
  let turns = 1;
  while ((await graph.dropRetired(before, dropBatch)) && hasTime()) turns += 1;
  return turns;
}
