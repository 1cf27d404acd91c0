import * as z from "zod";
import { directions, kinds } from "../../domain/flow.ts";
import { idSchema } from "../../domain/ids.ts";
import type { FlowLink } from "../../network/flowLinks.ts";

const fraction = z.number().min(0).max(1);
const count = z.int().nonnegative();
const keySchema = z.string().meta({
  description: "of a party: the organization's id, or its pseudonym where it is hidden from the caller",
  example: "org_01jd7p3v2fe1k9wx5m7t8q4z6c",
});
const linkIdSchema = z.string().meta({
  description: "of a match or an exchange; of a match between two others, whose record is theirs, the ids of its flows",
  example: "match_01jd7p3v2fe1k9wx5m7t8q4z6c",
});
const linkIdsSchema = z.array(linkIdSchema);

const partySchema = z
  .object({
    key: keySchema,
    organizationId: idSchema("organization").nullable().meta({ description: "null where it is hidden" }),
    pseudonym: z.string().nullable().meta({
      description: "where it is hidden: the same in all that one caller sees",
      example: "anon_4f1c09e2b7a83d56",
    }),
    name: z.string().nullable(),
    country: z.string().nullable().meta({ example: "DK" }),
    industry: z.string().nullable().meta({
      description: "NACE division; of a hidden one where at least five organizations share it, else section",
      example: "35",
    }),
    places: z.array(
      z.object({
        siteId: idSchema("site").nullable(),
        name: z.string().nullable(),
        cell: z.string().nullable().meta({ description: "H3 cell of resolution 7 that stands for a hidden site" }),
        position: z
          .tuple([z.number(), z.number()])
          .readonly()
          .meta({ description: "longitude and latitude (WGS 84), of the cell's centre where the site is hidden" }),
      }),
    ),
  })
  .meta({
    id: "NetworkParty",
    description:
      "An organization. One of whose flows the caller sees some openly and others not is two parties, for its name must not lead to its pseudonym",
  });

const flowSchema = z
  .object({
    id: idSchema("flow"),
    owner: keySchema,
    direction: z.enum(directions),
    kind: z.enum(kinds),
    grade: z.string().meta({ example: "process_steam" }),
    title: z.string().nullable().meta({ description: "null where it is hidden" }),
  })
  .meta({ id: "NetworkFlow" });

const linkSchema = z
  .object({
    id: linkIdSchema,
    type: z.enum(["match", "exchange"]),
    from: keySchema,
    to: keySchema,
    outputFlowId: idSchema("flow"),
    inputFlowId: idSchema("flow"),
    kind: z.enum(kinds),
    score: fraction.meta({ description: "of a match, in steps of 0.05 where a side is hidden; 1 for an exchange" }),
    value: z.number().nullable().meta({ description: "EUR a year, as far as the caller may know it" }),
    quantity: z
      .object({ amount: z.number(), unit: z.string() })
      .nullable()
      .meta({ description: "of an exchange, where it may be known" }),
    since: z.string().nullable().meta({ description: "ISO date from which an exchange is delivered" }),
  })
  .meta({ id: "NetworkLink", description: "A match or an exchange, from supplier to receiver" });

/** What every answer has besides what was asked. */
const named = {
  parties: z.array(partySchema).meta({ description: "all that the answer names, by key" }),
  flows: z.array(flowSchema).meta({ description: "the flows of these links, by id" }),
  links: z.array(linkSchema).meta({ description: "all that the answer names, by id" }),
  truncated: z.boolean().meta({ description: "whether a limit left something out" }),
};

export const neighboursSchema = z
  .object({
    neighbours: z
      .array(
        z.object({
          key: keySchema,
          steps: z.int().min(1),
          score: fraction.meta({ description: "of the best link from a party one step nearer" }),
        }),
      )
      .meta({ description: "nearest first, then by score" }),
    ...named,
  })
  .meta({ id: "Neighbours" });

const pathSchema = z
  .object({
    keys: z.array(keySchema),
    linkIds: linkIdsSchema.meta({ description: "the best link of each step" }),
    cost: z.number().nonnegative().meta({ description: "sum of 1 - score; an exchange costs 0" }),
  })
  .meta({ id: "NetworkPath" });

export const pathsSchema = z
  .object({
    shortest: pathSchema
      .nullable()
      .meta({ description: "of the fewest links, and of those the cheapest; null where there is none" }),
    cheapest: z.array(pathSchema),
    ...named,
  })
  .meta({ id: "NetworkPaths" });

export const hubsSchema = z
  .object({
    hubs: z
      .array(
        z.object({
          key: keySchema,
          degree: count.meta({ description: "parties that it is linked with" }),
          weightedDegree: z.number().nonnegative().meta({ description: "sum of the best scores with each of them" }),
          betweenness: z
            .number()
            .nonnegative()
            .meta({ description: "pairs of others whose shortest way leads over it" }),
          betweennessShare: fraction.meta({ description: "of all pairs of others" }),
        }),
      )
      .meta({ description: "by betweenness, then by weighted degree, degree and key" }),
    sources: count.meta({ description: "parties from which ways were followed; fewer than all make an estimate" }),
    partiesCounted: count,
    ...named,
  })
  .meta({ id: "Hubs" });

const affectedFlowsSchema = z.array(
  z.object({
    flowId: idSchema("flow"),
    owner: keySchema,
    lost: linkIdsSchema,
    remaining: linkIdsSchema.meta({ description: "its exchanges with others" }),
    substitutes: linkIdsSchema.meta({ description: "its matches with others, the best first" }),
  }),
);

export const impactSchema = z
  .object({
    exchangesLost: linkIdsSchema,
    needsUnmet: affectedFlowsSchema.meta({ description: "inputs that it supplied; those left with nothing first" }),
    outputsStranded: affectedFlowsSchema.meta({ description: "outputs that it took; those left with nothing first" }),
    cutOff: z
      .array(z.array(keySchema))
      .meta({ description: "groups that hang together with the rest by exchanges over it only" }),
    ...named,
  })
  .meta({ id: "Impact" });

export const similarSchema = z
  .object({
    similar: z
      .array(
        z.object({
          key: keySchema,
          shared: z.array(z.object({ direction: z.enum(directions), grade: z.string() })),
          jaccard: fraction.meta({ description: "grades by direction that both have, of all that either has" }),
          weighted: fraction.meta({ description: "the same over numbers of flows" }),
        }),
      )
      .meta({ description: "by Jaccard, then weighted, then by key" }),
    ...named,
  })
  .meta({ id: "SimilarOrganizations" });

export const loopsSchema = z
  .object({
    loops: z
      .array(
        z.object({
          keys: z.array(keySchema).meta({ description: "each supplies the next, and the last the first" }),
          linkIds: linkIdsSchema,
          score: fraction.meta({ description: "the least of its links'" }),
          value: z.number().nullable().meta({ description: "sum of its links', EUR a year" }),
        }),
      )
      .meta({ description: "by score, then by value, then the shorter" }),
    ...named,
  })
  .meta({ id: "Loops", description: "Rings none of whose parties matches another both ways; each once" });

export const networkSchema = z.object(named).meta({ id: "Network" });

export function idsOf(links: readonly FlowLink[]): string[] {
  return links.map(({ id }) => id);
}
