import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import { type Answer, isJson, readText } from "./client.ts";
import { checkAnswer } from "./documentedAnswers.ts";

export type Question = {
  method?: string;
  path: string;
  key?: string;
  body?: object;
  /** Sent as it is, as though it were JSON, in place of `body`. */
  rawBody?: BodyInit;
  /** The network address that it comes from. */
  address?: string;
  headers?: Record<string, string>;
};

/** A Worker with bindings of its own, whose isolate remembers nothing of other Workers. Every answer is held to the document. */
export function createWorker(bindings: object) {
  const ownEnv = { ...env, ...bindings } as Env;
  return async ({
    method = "GET",
    path,
    key,
    body,
    rawBody,
    address,
    headers: more = {},
  }: Question): Promise<Answer> => {
    const headers = new Headers(more);
    const sent = rawBody ?? (body ? JSON.stringify(body) : null);
    if (sent !== null && !headers.has("content-type"))
      headers.set("content-type", method === "PATCH" ? "application/merge-patch+json" : "application/json");
    if (key) headers.set("authorization", `Bearer ${key}`);
    if (address) headers.set("cf-connecting-ip", address);
    const context = createExecutionContext();
    const request = new Request(`https://turash.test${path}`, {
      method,
      headers,
      body: sent,
      redirect: "manual",
    });
    const response = await worker.fetch(request as never, ownEnv, context);
    const text = await readText(response);
    await waitOnExecutionContext(context);
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson(response) && text !== "" ? JSON.parse(text) : null,
    };
    if (method !== "OPTIONS") await checkAnswer(method, path, answer);
    return answer;
  };
}
