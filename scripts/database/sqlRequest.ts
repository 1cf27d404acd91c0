import type { IncomingMessage } from "node:http";
import * as z from "zod";
import type { BatchOptions, Statement } from "./engine.ts";

/** One trip to the database, as the Neon driver words it. */
export type SqlRequest = {
  statements: Statement[];
  /** Absent for a single query. */
  batch?: BatchOptions;
  /** Rows as arrays instead of objects. */
  arrayMode: boolean;
  /** Values as PostgreSQL prints them instead of JSON values. */
  rawText: boolean;
};

/** The request is not one of the protocol; `status` is the HTTP status to answer. */
export class SqlRequestError extends Error {
  override readonly name = "SqlRequestError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const querySchema = z.object({
  query: z.string(),
  params: z.array(z.unknown()).default([]),
  arrayMode: z.boolean().optional(),
});
const bodySchema = z.union([z.object({ queries: z.array(querySchema).max(10_000) }), querySchema]);

const isolationLevels = {
  readuncommitted: "READ UNCOMMITTED",
  readcommitted: "READ COMMITTED",
  repeatableread: "REPEATABLE READ",
  serializable: "SERIALIZABLE",
} as const;

/** Reads a body of at most `maxBytes` bytes. Errors: `SqlRequestError` 413. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const tooLarge = () => new SqlRequestError(413, `request is too large (max is ${maxBytes} bytes)`);
  if (Number(request.headers["content-length"]) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Errors: `SqlRequestError` 400 saying what is wrong with the body or a header. */
export function parseSqlRequest(body: string, header: (name: string) => string | undefined): SqlRequest {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new SqlRequestError(400, `could not parse the request body: ${(error as Error).message}`);
  }
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success)
    throw new SqlRequestError(400, "could not parse the request body: {query, params} or {queries} expected");
  const flags = {
    arrayMode: readFlag(header, "neon-array-mode") ?? false,
    rawText: readFlag(header, "neon-raw-text-output") ?? false,
  };
  if (!("queries" in parsed.data))
    return { ...flags, arrayMode: parsed.data.arrayMode ?? flags.arrayMode, statements: [toStatement(parsed.data)] };
  return {
    ...flags,
    statements: parsed.data.queries.map(toStatement),
    batch: {
      isolationLevel: readIsolationLevel(header("neon-batch-isolation-level")),
      readOnly: readFlag(header, "neon-batch-read-only"),
      deferrable: readFlag(header, "neon-batch-deferrable"),
    },
  };
}

function toStatement({ query, params }: z.infer<typeof querySchema>): Statement {
  return { text: query, parameters: params.map(toText) };
}

/** A JSON value as a parameter in PostgreSQL's text format: arrays become array literals, objects JSON. */
function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return `{${value.map(toArrayElement).join(",")}}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function toArrayElement(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (Array.isArray(value)) return toText(value)!;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `"${toText(value)!.replace(/["\\]/g, "\\$&")}"`;
}

function readFlag(header: (name: string) => string | undefined, name: string): boolean | undefined {
  const value = header(name)?.toLowerCase();
  if (value === undefined || value === "") return undefined;
  if (value !== "true" && value !== "false") throw new SqlRequestError(400, `header ${name} must be true or false`);
  return value === "true";
}

function readIsolationLevel(value: string | undefined): BatchOptions["isolationLevel"] {
  if (!value) return undefined;
  const level = isolationLevels[value.replace(/[\s_-]/g, "").toLowerCase() as keyof typeof isolationLevels];
  if (!level) throw new SqlRequestError(400, `header neon-batch-isolation-level: invalid isolation level "${value}"`);
  return level;
}
