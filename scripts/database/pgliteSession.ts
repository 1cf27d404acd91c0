import { PGlite, protocol } from "@electric-sql/pglite";
import { btree_gist } from "@electric-sql/pglite/contrib/btree_gist";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { pgcrypto } from "@electric-sql/pglite/contrib/pgcrypto";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { postgis } from "@electric-sql/pglite-postgis";
import {
  type BatchOptions,
  beginStatement,
  type Limits,
  ResultTooLargeError,
  readCommandTag,
  type SqlErrorFields,
  type Statement,
  type StatementResult,
  sessionCommands,
  toSqlError,
  transactionControlError,
} from "./engine.ts";

/** An open embedded database. Its one connection serves one call at a time. */
export type PgliteSession = {
  query(statement: Statement, limits: Limits): Promise<StatementResult>;
  batch(statements: readonly Statement[], options: BatchOptions, limits: Limits): Promise<StatementResult[]>;
  script(text: string): Promise<void>;
  close(): Promise<void>;
};

/** Opens the database in a folder, which it makes when there is none; 10 s and more then. */
export async function openPgliteSession(folder: string): Promise<PgliteSession> {
  const database = await PGlite.create({
    dataDir: folder,
    extensions: { postgis, btree_gist, pg_trgm, pgcrypto, unaccent },
    startParams: [...PGlite.defaultStartParams, "-c", "timezone=UTC"],
  });

  /**
   * Sends frontend messages and reads what comes back. The library's own `query` parses values into JavaScript by type;
   * the wire carries them as PostgreSQL prints them, which is what the callers want.
   */
  async function exchange(
    messages: Uint8Array[],
    limits?: Limits,
  ): Promise<{ result: StatementResult; status: string }> {
    const { messages: answers } = await database.execProtocol(concatenate(messages), { throwOnError: false });
    const result: StatementResult = { command: null, rowCount: null, fields: [], rows: [] };
    let status = "I";
    let failure: (SqlErrorFields & { message: string }) | undefined;
    let bytes = 0;
    for (const answer of answers as unknown as BackendMessage[]) {
      if (answer.name === "rowDescription")
        result.fields = answer.fields.map((field) => ({ ...field, format: "text" }));
      else if (answer.name === "dataRow") {
        result.rows.push(answer.fields);
        bytes += answer.length;
      } else if (answer.name === "commandComplete") Object.assign(result, readCommandTag(answer.text));
      else if (answer.name === "readyForQuery") status = answer.status;
      else if (answer.name === "error") failure ??= answer;
    }
    if (failure) throw Object.assign(toSqlError(failure), { status });
    if (limits && (result.rows.length > limits.maxRows || bytes > limits.maxBytes)) throw new ResultTooLargeError();
    return { result, status };
  }

  const run = ({ text, parameters }: Statement, limits: Limits) =>
    exchange(
      [
        protocol.serialize.parse({ text }),
        protocol.serialize.bind({ values: [...parameters] }),
        protocol.serialize.describe({ type: "P" }),
        protocol.serialize.execute({}),
        protocol.serialize.sync(),
      ],
      limits,
    );
  const command = (text: string) => exchange([protocol.serialize.query(text)]);

  async function leaveClean(results: readonly StatementResult[]): Promise<void> {
    if (results.some(({ command }) => command && sessionCommands.has(command))) await command("DISCARD ALL");
  }

  return {
    async query(statement, limits) {
      const { result, status } = await run(statement, limits);
      if (status !== "I") {
        await command("ROLLBACK");
        throw transactionControlError();
      }
      await leaveClean([result]);
      return result;
    },
    async batch(statements, options, limits) {
      const results: StatementResult[] = [];
      const left = { ...limits };
      await command(beginStatement(options));
      try {
        for (const statement of statements) {
          const { result, status } = await run(statement, left);
          if (status !== "T") throw transactionControlError();
          left.maxRows -= result.rows.length;
          left.maxBytes -= sizeOf(result);
          results.push(result);
        }
        await command("COMMIT");
      } catch (error) {
        await command("ROLLBACK");
        throw error;
      }
      await leaveClean(results);
      return results;
    },
    async script(text) {
      const { status } = await command(text);
      if (status === "I") return;
      await command("ROLLBACK");
      throw transactionControlError();
    },
    close: () => database.close(),
  };
}

type BackendMessage =
  | { name: "rowDescription"; fields: StatementResult["fields"] }
  | { name: "dataRow"; fields: (string | null)[]; length: number }
  | { name: "commandComplete"; text: string }
  | { name: "readyForQuery"; status: string }
  | (SqlErrorFields & { name: "error"; message: string });

function sizeOf({ rows }: StatementResult): number {
  return rows.reduce((total, row) => row.reduce((sum, value) => sum + (value?.length ?? 0), total), 0);
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
