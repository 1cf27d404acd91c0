import { type Attempt, attempts, type Ids } from "./attempts.ts";
import { type Answer, type CallOptions, call, type Json } from "./client.ts";
import type { Operation } from "./openApi.ts";

/** What an operation of the document takes, as the walks know it. */
export function attemptOf({ operationId }: Operation): Attempt {
  return attempts[operationId]!;
}

/** Asks an operation as it should be asked, about these ids; options go before what is right. */
export function ask(operation: Operation, ids: Ids, options: CallOptions = {}): Promise<Answer> {
  const { path, ...right } = attemptOf(operation).request(ids);
  return call(operation.method, path, { ...right, ...options, headers: { ...right.headers, ...options.headers } });
}

/** The names of the query parameters that an operation takes. */
export function queryOf({ definition }: Operation): string[] {
  return (definition.parameters ?? []).filter((each: Json) => each.in === "query").map((each: Json) => each.name);
}

/** The path of an attempt, without its query. */
export function pathOf(operation: Operation, ids: Ids): string {
  return attemptOf(operation).request(ids).path.split("?")[0]!;
}
