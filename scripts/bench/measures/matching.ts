import { Agent } from "node:http";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { ChangeStamp } from "../../../src/domain/change.ts";
import type { FlowId } from "../../../src/domain/ids.ts";
import { createMatcher } from "../../../src/matching/matcher.ts";
import { parseTables } from "../../../src/matching/tables.ts";
import type { RequestContext, Services } from "../../../src/operations/context.ts";
import { partyFor } from "../../../src/operations/disclosure.ts";
import { searcherFor, searchMatches } from "../../../src/operations/search.ts";
import { createDatabase } from "../../../src/stores/postgres/client.ts";
import { readTaxonomy } from "../../../src/stores/records/taxonomy.ts";
import { createCandidateStore } from "../../../src/stores/spatial/candidates.ts";
import { actAs, recordStatements, type SentStatement } from "../capture.ts";
import { createFigure, type Figure, ratioAtMost } from "../figures.ts";
import { measureOne } from "../load.ts";
import type { Stage } from "../stage.ts";
import { median, percentile } from "../statistics.ts";

/** As many as the list shows where nothing else is asked. */
const listLimit = 50;

type Timings = {
  coldMs: number[];
  apiMs: number[];
  rawMs: number[];
  pages: number[];
  candidates: number[];
};

/** The matches of one flow beside the SQL that finds its candidates, in a smaller and a larger network. */
export async function measureMatching(stage: Stage): Promise<Figure[]> {
  const counts = stage.isQuick ? [1_000, 4_000] : [10_000, 100_000];
  const found: { count: number; timings: Timings }[] = [];
  for (const count of counts) {
    await stage.load(count);
    stage.progress(`Matches among ${count.toLocaleString("en-US")} flows ...`);
    found.push({ count, timings: await measureSubjects(stage) });
  }
  const [smaller, larger] = found.map(({ timings }) => median(timings.apiMs));
  return [
    ...found.flatMap(({ count, timings }) => describe(stage, count, timings)),
    createFigure({
      measure: "matching",
      name: `p50 among ${counts[1]!.toLocaleString("en-US")} flows`,
      value: larger!,
      unit: "ms",
      beside: { name: `p50 among ${counts[0]!.toLocaleString("en-US")}`, value: smaller! },
      target: ratioAtMost(2),
      note: "the same density: the area grows with the count",
    }),
  ];
}

function describe(stage: Stage, count: number, timings: Timings): Figure[] {
  const among = `among ${count.toLocaleString("en-US")} flows`;
  const raw = (share: number) => ({ name: "raw SQL of its candidates", value: percentile(timings.rawMs, share) });
  const subjects = timings.coldMs.length;
  return [
    createFigure({
      measure: "matching",
      name: `GET /v1/flows/{id}/matches ${among}, p50`,
      value: median(timings.apiMs),
      unit: "ms",
      beside: raw(0.5),
      target: ratioAtMost(3),
      note: `${stage.database.engine}; ${subjects} subjects, median ${median(timings.candidates)} candidates in ${median(timings.pages)} page; one request at a time; pairs recorded before`,
    }),
    createFigure({
      measure: "matching",
      name: `the same, p95`,
      value: percentile(timings.apiMs, 0.95),
      unit: "ms",
      beside: raw(0.95),
      note: `at most ${Math.max(...timings.candidates)} candidates read in ${Math.max(...timings.pages)} pages`,
    }),
    createFigure({
      measure: "matching",
      name: "the same, first look, p50",
      value: median(timings.coldMs),
      unit: "ms",
      beside: raw(0.5),
      note: "records the pairs that it shows for the first time",
    }),
  ];
}

async function measureSubjects(stage: Stage): Promise<Timings> {
  const timings: Timings = { coldMs: [], apiMs: [], rawMs: [], pages: [], candidates: [] };
  const subjects = stage.network.subjects.slice(0, stage.isQuick ? 20 : 100);
  const rounds = stage.isQuick ? 2 : 4;
  const capture = await createCapture(stage);
  const run = createRunner(stage);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const captured: { flowId: FlowId; statements: SentStatement[] }[] = [];
  for (const { id } of subjects) {
    stage.signal.throwIfAborted();
    timings.coldMs.push(await askMatches(id));
    const statements = await capture(id);
    captured.push({ flowId: id, statements });
    timings.pages.push(statements.length);
    timings.candidates.push(await run(statements));
  }
  for (let round = 0; round < rounds; round++)
    for (const { flowId, statements } of captured) {
      stage.signal.throwIfAborted();
      const begun = performance.now();
      await run(statements);
      timings.rawMs.push(performance.now() - begun);
      timings.apiMs.push(await askMatches(flowId));
    }
  agent.destroy();
  return timings;

  function askMatches(id: FlowId): Promise<number> {
    return measureOne(stage.worker.url, stage.asOwner("GET", `/v1/flows/${id}/matches?limit=${listLimit}`), agent);
  }
}

/** Sends statements one after the other, as the Worker's driver does; how many rows came. */
function createRunner({ database }: Stage): (statements: readonly SentStatement[]) => Promise<number> {
  neonConfig.fetchEndpoint = database.fetchEndpoint;
  const client = neon(database.connectionString);
  return async (statements) => {
    let rows = 0;
    for (const { query, parameters } of statements) rows += (await client.query(query, parameters)).length;
    return rows;
  };
}

/** What the Worker sends for the candidates of a flow: its own search, run here, with the statements noted. */
async function createCapture({ database, network }: Stage): Promise<(id: FlowId) => Promise<SentStatement[]>> {
  const direct = createDatabase({
    connectionString: database.connectionString,
    fetchEndpoint: database.fetchEndpoint,
    signal: new AbortController().signal,
  });
  const at = new Date();
  const day = at.toISOString().slice(0, 10);
  const taxonomy = await readTaxonomy(direct, day);
  const matcher = createMatcher({ taxonomy, tables: parseTables(), asOf: new Date(day) });
  const stamp: ChangeStamp = {
    actor: actAs(network.ownerId),
    at,
    requestId: "bench",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    addressHash: null,
    idempotency: null,
  };
  return async (id) => {
    const subject = await createCandidateStore(direct).findSubject(stamp, id);
    if (!subject) throw new Error(`the subject ${id} is not there`);
    const recorder = recordStatements(direct);
    const services = {
      candidates: createCandidateStore(recorder.database),
      readMatcher: async () => matcher,
    } satisfies Pick<Services, "candidates" | "readMatcher">;
    const context = { ...stamp, services } as unknown as RequestContext;
    await searchMatches(context, searcherFor(stamp.actor), partyFor(stamp.actor, subject.party), {
      limit: listLimit,
      minScore: 0,
    });
    return recorder.sent;
  };
}
