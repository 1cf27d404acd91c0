import * as z from "zod";
import type { Bookmarks, Cypher, CypherRunner } from "./cypher.ts";
import { CypherError, translate } from "./failure.ts";
import { decodeTyped, encodeMap } from "./typedJson.ts";

export type GraphAddress = {
  /** `http(s)://`, `bolt://` or `neo4j+s://` and their kin. */
  url: string;
  credentials: { user: string; password: string } | { token: string } | null;
  database: string;
};

const mediaType = "application/vnd.neo4j.query";

const typedSchema = z.object({ $type: z.string(), _value: z.unknown() });
const answerSchema = z.object({
  data: z.object({ fields: z.array(z.string()), values: z.array(z.array(typedSchema)) }).optional(),
  bookmarks: z.array(z.string()).optional(),
  errors: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
});

/**
 * Cypher over HTTP by Neo4j's Query API, version 2 (https://neo4j.com/docs/query-api/current/): each statement is a request and a
 * transaction of its own. What one request has written, the next one sees by its bookmarks.
 */
export function createQueryApi(
  { url, credentials, database }: GraphAddress,
  signal: AbortSignal,
  bookmarks: Bookmarks,
): CypherRunner {
  const address = `${url.replace(/\/+$/, "")}/db/${encodeURIComponent(database)}/query/v2`;
  async function send({ text, given }: Cypher, access: "read" | "write") {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": mediaType, accept: mediaType, ...authorization(credentials) },
      body: JSON.stringify({
        statement: text,
        parameters: encodeMap({ given }),
        accessMode: access === "read" ? "Read" : "Write",
        ...(bookmarks.known.length > 0 && { bookmarks: bookmarks.known }),
      }),
      // A password goes to the configured address and nowhere else.
      redirect: "manual",
      signal,
    });
    const answer = answerSchema.safeParse(await response.json().catch(() => null));
    const [error] = answer.data?.errors ?? [];
    if (error) throw new CypherError(error.code, error.message);
    if (!answer.success || !answer.data.data)
      throw new Error(`The address of the graph answers ${response.status} and not as Neo4j's Query API does.`);
    return answer.data;
  }

  return {
    async run<Row extends Record<string, unknown>>(statement: Cypher, access: "read" | "write") {
      try {
        const { data, bookmarks: next } = await send(statement, access);
        if (next?.length) bookmarks.known = next;
        return data!.values.map(
          (values) =>
            Object.fromEntries(values.map((value, index) => [data!.fields[index], decodeTyped(value)])) as Row,
        );
      } catch (failure) {
        throw translate(failure, signal);
      }
    },
  };
}

function authorization(credentials: GraphAddress["credentials"]): Record<string, string> {
  if (credentials === null) return {};
  if ("token" in credentials) return { authorization: `Bearer ${credentials.token}` };
  const bytes = new TextEncoder().encode(`${credentials.user}:${credentials.password}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}
