import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { checkAnswer } from "./documentedAnswers.ts";

export const origin = "https://turash.test";

/** Parsed JSON whose shape the document has checked already. */
export type Json = ReturnType<typeof JSON.parse>;

export type Answer = { status: number; headers: Headers; text: string; body: Json };

export type CallOptions = {
  /** An API key; nobody where absent. */
  key?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  rawBody?: BodyInit;
  headers?: Record<string, string>;
};

export const operatorKey: string = env.OPERATOR_KEY;

export function isJson({ headers }: Response): boolean {
  return /[/+]json$/.test(headers.get("content-type") ?? "");
}

/** The text of an answer; of a stream, which does not end, what comes until all that was there is told. */
export async function readText(response: Response): Promise<string> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) return response.text();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("event: ready")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}

/** One request to the Worker. Its answer must be as the OpenAPI document says, and never a fault of the service. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (options.key !== undefined) headers.set("authorization", `Bearer ${options.key}`);
  const body = options.rawBody ?? (options.body === undefined ? null : JSON.stringify(options.body));
  if (body !== null && !headers.has("content-type"))
    headers.set("content-type", method === "PATCH" ? "application/merge-patch+json" : "application/json");
  const response = await exports.default.fetch(
    new Request(`${origin}${path}`, { method, headers, body, redirect: "manual" }),
  );
  const text = await readText(response);
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson(response) && text !== "" ? (JSON.parse(text) as Json) : null,
  };
  expect(answer.status, `${method} ${path}: ${text}`).toBeLessThan(500);
  await checkAnswer(method, path, answer);
  return answer;
}

/** The same for what must go well: its body, with the status checked. */
export async function succeed(status: number, method: string, path: string, options?: CallOptions): Promise<Json> {
  const answer = await call(method, path, options);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  return answer.body;
}

/** The same for what must be refused: its problem, with the status checked. */
export async function refuse(status: number, method: string, path: string, options?: CallOptions): Promise<Json> {
  const answer = await call(method, path, options);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  return answer.body;
}

/** What a problem says apart from which request it answers: equal for two things that the caller must not tell apart. */
export function withoutRequestId({ requestId: _, ...problem }: Json): Json {
  return problem;
}

export function pointersOf(problem: Json): string[] {
  return (problem.errors ?? []).map((error: { pointer: string }) => error.pointer).sort();
}
