import { type NetworkNoun, networkNouns } from "../../../domain/network.ts";
import { hashRecord, hashText } from "../../../domain/networkHash.ts";
import { recordOf } from "../columns.ts";
import { cutToLimits } from "../cut.ts";
import { type FoundDocument, parseFound } from "../found.ts";
import type { Generations, Graph, HeldRecord, NounSummary } from "../port.ts";
import { createReads } from "../reads.ts";
import type { CypherRunner } from "./cypher.ts";
import { findPart } from "./question.ts";
import {
  abandonStatement,
  begin,
  beginGenerationStatement,
  dropStatement,
  heldStatement,
  migrations,
  readGenerations,
  removeStatement,
  summaryStatement,
  switchStatement,
  writeStatements,
} from "./upkeep.ts";

/** The graph in Neo4j 5, over either way to it. */
export function createNeo4jGraph(cypher: CypherRunner): Graph {
  return {
    kind: "neo4j",
    ...createReads(async (viewer, start, question, limits) => {
      const found = await findPart(cypher, viewer, start, question, limits);
      return cutToLimits(parseFound(found ?? nothing), limits);
    }),

    async migrate() {
      for (const text of migrations) await cypher.run({ text, given: {} }, "write");
      await cypher.run(begin(new Date(), newLabel()), "write");
    },

    async apply(entries, into) {
      const writes = writeStatements(entries, into ?? null);
      for (const write of writes) {
        const isThere = (await cypher.run(write, "write")).length > 0;
        if (isThere || into !== undefined) continue;
        // Somebody has emptied the graph by hand: it begins anew.
        await cypher.run(begin(new Date(), newLabel()), "write");
        await cypher.run(write, "write");
      }
    },

    async remove(noun, ids) {
      await cypher.run(removeStatement(noun, ids), "write");
    },

    async generations() {
      const [row] = await cypher.run<GenerationsRow>(readGenerations, "read");
      const generation = (label: string | null, since: string | null): Generations["current"] =>
        label === null || since === null ? null : { label, since };
      return {
        current: row ? generation(row.current, row.currentSince) : null,
        building: row ? generation(row.building, row.buildingSince) : null,
        retired: row?.retired ?? 0,
      };
    },

    async beginGeneration(at) {
      await cypher.run(begin(at, newLabel()), "write");
      const [row] = await cypher.run<{ label: string }>(beginGenerationStatement(newLabel(), at), "write");
      return row!.label;
    },

    async switchGeneration(label, at) {
      return (await cypher.run(switchStatement(label, at), "write")).length > 0;
    },

    async abandonGeneration(at) {
      await cypher.run(abandonStatement(at), "write");
    },

    async dropRetired(before, limit) {
      const [row] = await cypher.run<{ isMore: boolean }>(dropStatement(before, limit), "write");
      return row?.isMore ?? false;
    },

    async summarize() {
      const [row] = await cypher.run<Record<string, number | string>>(summaryStatement, "read");
      const of = (noun: NetworkNoun) => [
        noun,
        { count: row?.[`${noun}Count`] ?? 0, hash: row?.[`${noun}Hash`] ?? "0" },
      ];
      return Object.fromEntries(networkNouns.map(of)) as Record<NetworkNoun, NounSummary>;
    },

    async listHeld(noun, { after, until }, limit) {
      const [row] = await cypher.run<{ held: Held[] }>(heldStatement(noun, after, until, limit), "read");
      return (row?.held ?? []).map((held): HeldRecord => {
        const { id, version } = held;
        return { id, version, hash: hashText(hashRecord(recordOf(noun, held))) };
      });
    },
  };
}

type Held = { id: string; version: number } & Record<string, unknown>;
type GenerationsRow = Record<"current" | "currentSince" | "building" | "buildingSince", string | null> & {
  retired: number;
};

/** Nothing was ever written. */
const nothing: FoundDocument = { nodes: null, organizations: null, links: null, ends: null, listed: null, sites: null };

/** Of a generation, unlike any other. */
function newLabel(): string {
  return crypto.randomUUID().slice(0, 8);
}
