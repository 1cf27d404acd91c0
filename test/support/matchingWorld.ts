import type { EngineName } from "../../scripts/database/engine.ts";
import { createSecrets } from "../../scripts/start/secrets.ts";
import { openSchedule, receiveBatch } from "../../src/background.ts";
import { parseEventRow, type TurashEvent, toMessage } from "../../src/domain/event.ts";
import { type Flow, type FlowInput, flowContentSchema } from "../../src/domain/flow.ts";
import { type MatchId, type OrganizationId, type SiteId, uuidOf } from "../../src/domain/ids.ts";
import type { MatchState } from "../../src/domain/match.ts";
import { siteContentSchema } from "../../src/domain/site.ts";
import type { RequestContext } from "../../src/operations/context.ts";
import { createFlow } from "../../src/operations/flows.ts";
import { createOrganization } from "../../src/operations/organizations.ts";
import { createSite } from "../../src/operations/sites.ts";
import { continueTrace } from "../../src/platform/telemetry/traceparent.ts";
import { openRequest } from "../../src/request.ts";
import { openStoresUnderTest, type StoresUnderTest } from "./storesUnderTest.ts";

export type Company = { id: OrganizationId; enter(): Promise<RequestContext>; siteId: SiteId };

/** A match as its row has it. */
export type MatchRow = {
  id: string;
  state: MatchState;
  round: number;
  version: number;
  score: number;
  holds: boolean;
  gates: Record<string, string>;
  history: { state: string; round: number; by: string }[];
};

export type MatchEvent = Pick<TurashEvent, "type" | "data"> & { organizationIds: string[] };

export type MatchingWorld = Awaited<ReturnType<typeof openMatchingWorld>>;

const secrets = createSecrets();

/** Companies with flows, and what their events come to, with the Worker's own code over a database of its own. */
export async function openMatchingWorld(engine: EngineName) {
  const stores: StoresUnderTest = await openStoresUnderTest(engine);
  const env = {
    DATABASE_URL: stores.server.connectionString,
    DATABASE_FETCH_ENDPOINT: stores.server.fetchEndpoint,
    OPERATOR_KEY: secrets.operatorKey,
    KEY_PEPPER: secrets.keyPepper,
    REQUEST_TIMEOUT_SECONDS: "30",
  };
  // Every computation leaves a row.
  await stores.script(`
    CREATE TABLE computations (flow_id uuid);
    CREATE FUNCTION note_computation() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO computations VALUES (NEW.flow_id); RETURN NULL; END';
    CREATE TRIGGER match_refreshes_note AFTER UPDATE OF computed_at ON match_refreshes FOR EACH ROW EXECUTE FUNCTION note_computation();
    UPDATE outbox SET awaiting = '{}'`);

  async function enter(key: string = secrets.operatorKey): Promise<RequestContext> {
    const open = openRequest({
      env,
      at: new Date(),
      request: new Request("http://turash.test/"),
      requestId: "test",
      traceparent: continueTrace(null).traceparent,
      waitUntil: () => undefined,
    });
    return open.enter(`Bearer ${key}`);
  }

  async function createCompany(place: readonly [number, number], content: object = {}): Promise<Company> {
    const { organization, apiKey } = await createOrganization(await enter(), {
      externalId: null,
      name: "Works",
      country: "DK",
      nace: null,
      verified: false,
      owner: null,
      ...content,
    });
    const site = siteContentSchema.parse({
      name: "Works",
      location: { type: "Point", coordinates: place },
      timeZone: "Europe/Copenhagen",
      country: "DK",
    });
    const { value } = await createSite(await enter(apiKey.key), site);
    return { id: organization.id, enter: () => enter(apiKey.key), siteId: value.id };
  }

  async function publish(company: Company, content: Omit<FlowInput, "siteId"> & { siteId?: string }): Promise<Flow> {
    const parsed = flowContentSchema.parse({ siteId: company.siteId, ...content });
    return (await createFlow(await company.enter(), parsed)).value;
  }

  /** Events that the consumer has not dealt with, oldest first. */
  async function takeEvents(): Promise<TurashEvent[]> {
    const rows = await stores.run(
      `UPDATE outbox SET awaiting = array_remove(awaiting, 'matching') WHERE 'matching' = ANY(awaiting)
        RETURNING sequence, id, type, subject_id, to_json(organization_ids) AS organization_ids, to_json(occurred_at) #>> '{}' AS time, data, traceparent`,
    );
    return rows
      .toSorted((one, other) => Number(one.sequence) - Number(other.sequence))
      .map((row) =>
        parseEventRow({
          id: row.id!,
          type: row.type!,
          subjectId: row.subject_id!,
          organizationIds: JSON.parse(row.organization_ids!),
          time: row.time!,
          data: JSON.parse(row.data!),
          traceparent: row.traceparent!,
        }),
      );
  }

  /** Hands events to the consumer as its queue would, one batch for all; gives how many it acknowledged. */
  async function deliver(events: readonly TurashEvent[]): Promise<number> {
    let acknowledged = 0;
    await receiveBatch(
      {
        queue: "turash-matching",
        messages: events.map((event) => ({
          body: toMessage(event),
          attempts: 1,
          ack() {
            acknowledged += 1;
          },
          retry: () => undefined,
        })),
      },
      env,
      () => undefined,
    );
    return acknowledged;
  }

  const schedule = () => openSchedule(env, new Date(), () => undefined).matching;
  const compute = () => schedule().compute();
  const hurry = () => stores.run("UPDATE match_refreshes SET due_at = '-infinity' WHERE attempts = 0");

  return {
    stores,
    env,
    enter,
    createCompany,
    publish,
    takeEvents,
    deliver,
    /** As if the second had passed in which a computed flow is left alone. */
    hurry,

    /** Delivers what was written until nothing is left to be done. */
    async settle(): Promise<void> {
      for (let events = await takeEvents(); events.length > 0; events = await takeEvents()) {
        await hurry();
        await deliver(events);
        // What a busy machine has not come to in the consumer's time, the schedule does.
        await hurry();
        await compute();
      }
    },

    runCron: (work: "compute" | "sweep") => schedule()[work](),

    async countComputations(work: () => Promise<unknown>): Promise<number> {
      const count = async () => Number((await stores.run("SELECT count(*) AS n FROM computations"))[0]!.n);
      const before = await count();
      await work();
      return (await count()) - before;
    },

    async readMatch(id: MatchId): Promise<MatchRow | null> {
      const [row] = await stores.run("SELECT to_jsonb(m) AS match FROM matches m WHERE id = $1", [uuidOf(id)]);
      return row ? JSON.parse(row.match!) : null;
    },

    /** What was told of a match, oldest first. */
    async readMatchEvents(id: MatchId): Promise<MatchEvent[]> {
      const rows = await stores.run(
        "SELECT type, data, to_json(organization_ids) AS organizations FROM outbox WHERE subject_id = $1 ORDER BY sequence",
        [uuidOf(id)],
      );
      return rows.map((row) => ({
        type: row.type as MatchEvent["type"],
        data: JSON.parse(row.data!),
        organizationIds: JSON.parse(row.organizations!),
      }));
    },

    /** What steam costs at least where it is usually had, in EUR for a ton. */
    reprice: (low: number) =>
      stores.run(
        "UPDATE grades SET content = jsonb_set(content, '{virginPrice,low}', $1::jsonb) WHERE slug = 'process_steam'",
        [String(low)],
      ),

    close: () => stores.close(),
  };
}

/** A place so many metres north and east of a first one that is another in every test. */
export function createRegion(): (north: number, east?: number) => [longitude: number, latitude: number] {
  const [longitude, latitude] = [-170 + 340 * Math.random(), -50 + 100 * Math.random()];
  return (north, east = 0) => [
    longitude + east / (111_195 * Math.cos((latitude * Math.PI) / 180)),
    latitude + north / 111_195,
  ];
}

export function steamSupply(content: object = {}) {
  return {
    direction: "output",
    kind: "steam",
    grade: "process_steam",
    title: "Extraction steam",
    quantity: { amount: 550_000, unit: "t/a" },
    quality: { temperature: { value: 200, unit: "Cel" }, pressure: { minimum: 13, maximum: 15, unit: "bar" } },
    ...content,
  } as Omit<FlowInput, "siteId">;
}

export function steamNeed(content: object = {}) {
  return {
    direction: "input",
    kind: "steam",
    grade: "process_steam",
    title: "Steam for the fermenters",
    quantity: { amount: 215_000, unit: "t/a" },
    quality: { temperature: { minimum: 140, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } },
    ...content,
  } as Omit<FlowInput, "siteId">;
}
