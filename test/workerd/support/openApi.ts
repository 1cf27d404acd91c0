import { exports } from "cloudflare:workers";
import type { Json } from "./client.ts";

export type Operation = {
  operationId: string;
  method: string;
  path: string;
  responses: Record<string, { headers?: Record<string, Json>; content?: Record<string, { schema: Json }> }>;
  definition: Json;
};

let served: Promise<Json> | null = null;

/** The document that the Worker serves. */
export function readDocument(): Promise<Json> {
  served ??= exports.default.fetch("https://turash.test/openapi.json").then((answer) => answer.json());
  return served;
}

/** Every operation of the document. */
export async function listOperations(): Promise<Operation[]> {
  const { paths } = await readDocument();
  return Object.entries<Json>(paths).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, definition]) => ({
      operationId: definition.operationId,
      method: method.toUpperCase(),
      path,
      responses: definition.responses,
      definition,
    })),
  );
}

/** The operation that a request meets: of a path that is written out, by whatever methods, else of the template with the most literal segments. */
export async function findOperation(method: string, pathname: string): Promise<Operation | undefined> {
  const wanted = method === "HEAD" ? "GET" : method;
  const operations = await listOperations();
  const written = operations.filter(({ path }) => path === pathname);
  return (written.length > 0 ? written : operations)
    .filter((operation) => operation.method === wanted && template(operation.path).test(pathname))
    .sort((one, other) => variables(one.path) - variables(other.path))[0];
}

function variables(path: string): number {
  return path.split("{").length;
}

function template(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);
}
