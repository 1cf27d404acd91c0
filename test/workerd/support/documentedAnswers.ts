import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import type { Answer, Json } from "./client.ts";
import { findOperation, type Operation, readDocument } from "./openApi.ts";

const documentId = "https://turash.test/openapi.json";

let checker: Promise<Ajv2020> | null = null;
const validators = new Map<string, ValidateFunction>();

/**
 * Fails unless the answer is one that the document names for its operation: the status by its own number (a fault of the service by its
 * range), the media type, the headers, and a body that fits its schema and has no field besides. What every answer must carry is checked too.
 */
export async function checkAnswer(method: string, path: string, answer: Answer): Promise<void> {
  const { pathname } = new URL(path, documentId);
  const place = `${method} ${pathname} answered ${answer.status}: ${answer.text.slice(0, 500)}`;
  checkManners(answer, place);
  const operation = await findOperation(method, pathname);
  if (operation) await checkAgainst(operation, method, answer, place);
  else await checkWithoutOperation(pathname, answer, place);
}

function checkManners({ status, headers, body }: Answer, place: string): void {
  expect(headers.get("x-request-id"), place).toMatch(/^[\w.:+=/-]{1,128}$/);
  expect(headers.get("strict-transport-security"), place).toMatch(/^max-age=\d{8,}/);
  expect(headers.get("x-content-type-options"), place).toBe("nosniff");
  expect(headers.get("referrer-policy"), place).toBe("no-referrer");
  expect(headers.get("content-security-policy"), place).toContain("frame-ancestors 'none'");
  expect(headers.get("cache-control"), place).toBeTruthy();
  if (status === 401) expect(headers.get("www-authenticate"), place).toMatch(/^Bearer/);
  if (status < 400 || body === null) return;
  if (headers.get("content-type") !== "application/problem+json") return;
  expect(body.status, place).toBe(status);
  expect(body.requestId, place).toBe(headers.get("x-request-id"));
}

async function checkAgainst(operation: Operation, method: string, answer: Answer, place: string): Promise<void> {
  const name = answer.status >= 500 && !(answer.status in operation.responses) ? "5XX" : answer.status;
  const response = operation.responses[name];
  expect(response, `${place}\n${operation.operationId} does not name the status ${answer.status}`).toBeDefined();
  for (const header of Object.keys(response!.headers ?? {}))
    expect(answer.headers.get(header), `${place}\nheader ${header}`).not.toBeNull();
  if (method === "HEAD" || response!.content === undefined) return expect(answer.text, place).toBe("");
  const mediaType = answer.headers.get("content-type")?.split(";")[0] ?? "";
  expect(Object.keys(response!.content), place).toContain(mediaType);
  const pointer = ["paths", operation.path, operation.method.toLowerCase(), "responses", name, "content"]
    .concat(mediaType, "schema")
    .map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1"))
    .join("/");
  await expectToFit(`#/${pointer}`, /[/+]json$/.test(mediaType) ? answer.body : answer.text, place);
}

/** The pages that are not operations, and what is not there at all. */
async function checkWithoutOperation(pathname: string, answer: Answer, place: string): Promise<void> {
  if (["/openapi.json", "/asyncapi.json", "/docs"].includes(pathname) || pathname.startsWith("/docs/")) return;
  expect([401, 404, 405], `${place}\nan operation that the document does not name`).toContain(answer.status);
  if (answer.body !== null) await expectToFit("#/components/schemas/Problem", answer.body, place);
}

async function expectToFit(pointer: string, body: Json, place: string): Promise<void> {
  let validate = validators.get(pointer);
  if (!validate) {
    checker ??= readDocument().then(createChecker);
    validate = (await checker).compile({ $ref: `${documentId}${encodeURI(pointer)}` });
    validators.set(pointer, validate);
  }
  validate(body);
  expect(validate.errors ?? [], place).toEqual([]);
}

function createChecker(document: Json): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(closed(document), documentId);
  return ajv;
}

/** The document with every object that lists its properties closed to others, so that no answer says more than it names. */
function closed(node: Json): Json {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== "object") return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, closed(value)]));
  const isOpen = "properties" in copy && "type" in copy && !("additionalProperties" in copy);
  return isOpen ? { ...copy, additionalProperties: false } : copy;
}
