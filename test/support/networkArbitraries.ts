import fc from "fast-check";
import type { Kind } from "../../src/domain/flow.ts";
import { type Id, idFromUuid, type Noun } from "../../src/domain/ids.ts";
import type {
  NetworkExchange,
  NetworkFlow,
  NetworkMatchRecord,
  NetworkOrganization,
  NetworkRecord,
  NetworkSite,
  NetworkViewer,
} from "../../src/domain/network.ts";

/** The same id for the same number, so that a failure reads the same each time. */
export function networkId<N extends Noun>(noun: N, number: number): Id<N> {
  return idFromUuid(noun, `018f4d6e-7b3a-7cc0-8000-${number.toString(16).padStart(12, "0")}`);
}

const organizationCount = 7;
const programmeCount = 3;
const organizationNumber = fc.nat({ max: organizationCount - 1 });
const programmeIds = fc
  .uniqueArray(fc.nat({ max: programmeCount - 1 }), { maxLength: 2 })
  .map((numbers) => numbers.sort().map((number) => networkId("programme", number)));
const visibility = fc.constantFrom("public" as const, "network" as const, "private" as const);
const kind = fc.constantFrom<Kind[]>("heat", "steam", "water");
/** In steps, so that several are equal. */
const score = fc.integer({ min: 10, max: 20 }).map((step) => step / 20);
const value = fc.option(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((euros) => Math.round(euros * 100) / 100 || 0),
);
const figures = fc.record({ score, value });
const coordinate = (around: number) => fc.integer({ min: -50, max: 50 }).map((step) => around + step / 1_000);

function organization(number: number): fc.Arbitrary<NetworkOrganization> {
  return fc
    .record({
      name: fc.constantFrom("Works", 'O\'Neil \\ "Sons"', "Ærø {Varme}\nA/S"),
      nace: fc.option(fc.constantFrom("35.11", "20.14")),
      programmeIds,
      facilitatorIds: fc
        .uniqueArray(organizationNumber, { maxLength: 2 })
        .map((numbers) => numbers.sort().map((each) => networkId("organization", each))),
    })
    .map((content) => ({
      noun: "organization",
      id: networkId("organization", number),
      version: 1,
      country: "DK",
      ...content,
    }));
}

function site(number: number): fc.Arbitrary<NetworkSite> {
  return fc.record({ longitude: coordinate(11.09), latitude: coordinate(55.67) }).map(({ longitude, latitude }) => ({
    noun: "site",
    id: networkId("site", number),
    version: 1,
    organizationId: networkId("organization", number),
    name: `Site ${number}`,
    position: [longitude, latitude],
    cell: { id: "871f05833ffffff", center: [longitude + 0.01, latitude - 0.005], radiusMeters: 1_400 },
  }));
}

function flow(number: number): fc.Arbitrary<NetworkFlow> {
  return fc
    .record({
      owner: organizationNumber,
      direction: fc.constantFrom("output" as const, "input" as const),
      kind,
      status: fc.constantFrom("active" as const, "active" as const, "paused" as const, "draft" as const),
      visibility,
    })
    .map(({ owner, ...content }) => ({
      noun: "flow",
      id: networkId("flow", number),
      version: 1,
      organizationId: networkId("organization", owner),
      siteId: networkId("site", owner),
      grade: content.kind,
      title: `Flow ${number}`,
      ...content,
    }));
}

const flowNumber = fc.nat({ max: 17 });

function match(number: number): fc.Arbitrary<NetworkMatchRecord> {
  return fc
    .record({
      output: flowNumber,
      input: flowNumber,
      isOpen: fc.boolean(),
      own: figures,
      outputView: figures,
      inputView: figures,
      othersView: figures,
    })
    .map(({ output, input, own, ...content }) => ({
      noun: "match",
      id: networkId("match", number),
      version: 1,
      outputFlowId: networkId("flow", output),
      inputFlowId: networkId("flow", input),
      ...own,
      ...content,
    }));
}

function exchange(number: number): fc.Arbitrary<NetworkExchange> {
  return fc
    .record({
      output: flowNumber,
      input: flowNumber,
      amount: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      since: fc.option(fc.constantFrom("2024-05-01", "1995-12-31")),
      visibility,
    })
    .map(({ output, input, amount, ...content }) => ({
      noun: "exchange",
      id: networkId("exchange", number),
      version: 1,
      outputFlowId: networkId("flow", output),
      inputFlowId: networkId("flow", input),
      quantity: { amount, unit: "t/a" },
      ...content,
    }));
}

const several = <Item>(count: number, make: (number: number) => fc.Arbitrary<Item>): fc.Arbitrary<Item[]> =>
  fc.tuple(...Array.from({ length: count }, (_, number) => make(number)));

/** Small networks in which every way of seeing occurs, and some records that lack what they name. */
export const networks: fc.Arbitrary<NetworkRecord[]> = fc
  .tuple(
    several(organizationCount, organization),
    several(organizationCount, site),
    several(18, flow),
    several(22, match),
    several(6, exchange),
    fc.subarray(
      Array.from({ length: 60 }, (_, index) => index),
      { maxLength: 3 },
    ),
  )
  .map(([organizations, sites, flows, matches, exchanges, missing]) =>
    [...organizations, ...sites, ...flows, ...matches, ...exchanges].filter((_, index) => !missing.includes(index)),
  );

export const viewers: fc.Arbitrary<NetworkViewer> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 6,
    arbitrary: fc.record({ number: organizationNumber, programmeIds }).map(({ number, programmeIds: own }) => ({
      organizationId: networkId("organization", number),
      programmeIds: own,
    })),
  },
);

export const linkFilters = fc.record(
  { kinds: fc.subarray<Kind>(["heat", "steam", "water"], { minLength: 1 }), minScore: score },
  { requiredKeys: [] },
);

export const networkLimits = fc.record({
  organizations: fc.integer({ min: 1, max: 9 }),
  flows: fc.integer({ min: 1, max: 20 }),
  links: fc.integer({ min: 1, max: 30 }),
});

export const organizationIds = organizationNumber.map((number) => networkId("organization", number));

/** Any order, some of it more than once. */
export function shuffledAndRepeated<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc
    .tuple(fc.shuffledSubarray([...items], { minLength: items.length }), fc.shuffledSubarray([...items]))
    .map(([all, some]) => [...all, ...some]);
}
