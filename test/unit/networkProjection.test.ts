import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TurashEvent } from "../../src/domain/event.ts";
import { createId, type Id, uuidOf } from "../../src/domain/ids.ts";
import type { NetworkFlow, NetworkSite, NetworkTombstone } from "../../src/domain/network.ts";
import type { RequestContext, Services } from "../../src/operations/context.ts";
import { projectEvents, toEntry } from "../../src/operations/networkProjection.ts";
import type { NetworkEntry } from "../../src/stores/graph/port.ts";
import type { NetworkRow, NetworkSelection, StandingMatch } from "../../src/stores/records/networkRecords.ts";
import { createGraphModel } from "../support/graphModel.ts";
import { networkId } from "../support/networkArbitraries.ts";

const time = "2027-03-01T10:00:00.000Z";

function event(type: TurashEvent["type"], subject: TurashEvent["subject"], data: TurashEvent["data"]): TurashEvent {
  return { id: createId("event"), type, subject, time, data, organizationIds: [], traceparent: null };
}

type Kept = NetworkSite | NetworkFlow | NetworkTombstone;

/** Records of which each change raises the version by one and gives an event. */
function createRecords() {
  const rows = new Map<string, Kept>();
  return {
    rows,
    change(noun: "site" | "flow", number: number, isDeletion: boolean, title: string): TurashEvent {
      const id = networkId(noun, number);
      const version = (rows.get(id)?.version ?? 0) + 1;
      rows.set(id, isDeletion ? { noun, id, version, isGone: true } : recordOf(noun, number, version, title));
      return event(isDeletion ? `turash.${noun}.deleted` : `turash.${noun}.updated`, id as Id<"site"> | Id<"flow">, {
        version,
      });
    },
    read({ site = [], flow = [] }: NetworkSelection): NetworkRow[] {
      const asked = new Set([...site, ...flow]);
      return [...rows.values()].filter(({ id }) => asked.has(uuidOf(id as Id<"site">)));
    },
  };
}

function recordOf(noun: "site" | "flow", number: number, version: number, title: string): NetworkSite | NetworkFlow {
  const organizationId = networkId("organization", 1);
  if (noun === "site")
    return {
      noun,
      id: networkId("site", number),
      version,
      organizationId,
      name: title,
      position: [11, 55],
      cell: { id: "871f05833ffffff", center: [11, 55], radiusMeters: 1_400 },
    };
  return {
    noun,
    id: networkId("flow", number),
    version,
    organizationId,
    siteId: networkId("site", 1),
    direction: "output",
    kind: "heat",
    grade: "heat",
    title,
    status: "active",
    visibility: "public",
  };
}

const change = fc.record({
  noun: fc.constantFrom("site" as const, "flow" as const),
  number: fc.nat({ max: 3 }),
  isDeletion: fc.boolean(),
  title: fc.constantFrom("one", "two", "three"),
});

/** What a consumer does between changes: a batch of the events so far, of which the writing may come later, or never. */
const delivery = fc.record({
  picks: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 }),
  fate: fc.constantFrom("written" as const, "late" as const, "cut" as const),
});

describe("the projection of events into the graph", () => {
  it("ends the same whatever the order of events, however often they come and wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(change, delivery), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        async (steps, random) => {
          const records = createRecords();
          const model = createGraphModel();
          const events: TurashEvent[] = [];
          const late: NetworkEntry[][] = [];
          const project = (batch: TurashEvent[], apply: (entries: readonly NetworkEntry[]) => Promise<void>) => {
            const services = {
              networkRecords: { read: async (selection: NetworkSelection) => records.read(selection) },
              graph: { apply },
            };
            return projectEvents({ services: services as unknown as Services }, batch);
          };
          for (const step of steps) {
            if ("noun" in step) events.push(records.change(step.noun, step.number, step.isDeletion, step.title));
            else if (events.length > 0)
              await project(
                step.picks.map((pick) => events[pick % events.length]!),
                async (entries) => {
                  if (step.fate === "written") await model.apply(entries);
                  else if (step.fate === "late") late.push([...entries]);
                },
              );
          }
          // The outbox sends each event until it is done; what was read long ago may be written after that.
          const shuffled = [...events].sort(() => (random.next().value % 2) - 0.5);
          for (const each of shuffled) await project([each], model.apply);
          for (const entries of late.reverse()) await model.apply(entries);
          const expected = [...records.rows.values()].filter((row) => !("isGone" in row));
          expect(new Set(model.standing())).toEqual(new Set(expected));
        },
      ),
      { numRuns: 500 },
    );
  });

  const projected = async (events: TurashEvent[], rows: NetworkRow[], held: string[] = []) => {
    const asked: NetworkSelection[] = [];
    const applied: NetworkEntry[] = [];
    const services = {
      networkRecords: {
        read: async (selection: NetworkSelection) => {
          asked.push(selection);
          return rows;
        },
      },
      graph: {
        apply: async (entries: readonly NetworkEntry[]) => {
          applied.push(...entries);
        },
        listHeld: async () => held.map((id) => ({ id, version: 1, hash: "" })),
      },
    };
    await projectEvents({ services: services as unknown as RequestContext["services"] }, events);
    return { asked, applied };
  };

  it("reads the organization that joins or leaves a programme, and all of one that is changed", async () => {
    const [organization, programme] = [networkId("organization", 1), networkId("programme", 1)];
    const joined = await projected(
      [event("turash.programme.joined", programme, { version: 3, organizationId: organization, state: "joined" })],
      [],
    );
    expect(joined.asked[0]).toMatchObject({ organization: [uuidOf(organization)], programme: [] });
    // Nobody need have an organization under an id that was invited.
    expect(joined.applied).toEqual([]);
    const closed = await projected([event("turash.programme.closed", programme, { version: 3 })], []);
    expect(closed.asked[0]).toMatchObject({ organization: [], programme: [uuidOf(programme)] });
  });

  it("leaves a tombstone for what has no row any more", async () => {
    const id = networkId("flow", 1);
    const { applied } = await projected(
      [event("turash.flow.updated", id, { version: 2 }), event("turash.flow.deleted", id, { version: 4 })],
      [],
    );
    expect(applied).toEqual([{ noun: "flow", id, version: 4, isGone: true }]);
  });

  it("writes all grades after the taxonomy has changed, and takes those out that it has no more", async () => {
    const heat = { noun: "grade" as const, id: "heat", version: 9, kind: "heat" as const, parent: null };
    const { asked, applied } = await projected(
      [event("turash.taxonomy.updated", null, {})],
      [heat],
      ["heat", "old_heat"],
    );
    expect(asked[0]).toMatchObject({ grade: true });
    expect(applied).toEqual([heat, { noun: "grade", id: "old_heat", version: 9, isGone: true }]);
  });

  it("asks nothing of the records for events of what is not in the graph", async () => {
    const { applied } = await projected([event("turash.api_key.created", createId("apiKey"), { version: 1 })], []);
    expect(applied).toEqual([]);
  });

  it("gives each side its own gain, the operator both, and others the score in steps", () => {
    const money = (currency: "EUR" | "DKK") => ({
      basis: "per_year" as const,
      perYear: { joint: "300.00", seller: "100.00", buyer: "200.00", currency },
    });
    const match: StandingMatch = {
      noun: "match",
      id: networkId("match", 1),
      version: 2,
      outputFlowId: networkId("flow", 1),
      inputFlowId: networkId("flow", 2),
      isOpen: false,
      evaluation: { score: 0.8612, money: money("EUR") },
      outputView: { score: 0.85, money: money("EUR") },
      inputView: { score: 0.9, money: money("DKK") },
    };
    expect(toEntry(match)).toMatchObject({
      score: 0.8612,
      value: 300,
      outputView: { score: 0.85, value: 100 },
      inputView: { score: 0.9, value: 26.82 },
      othersView: { score: 0.85, value: null },
    });
  });
});
