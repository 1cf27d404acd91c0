import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import type { Answer } from "./client.ts";
import { checkAnswer } from "./documentedAnswers.ts";

export type Question = {
  method?: string;
  path: string;
  key?: string;
  body?: object;
  /** The network address that it comes from. */
  address?: string;
  headers?: Record<string, string>;
};

/** A Worker with bindings of its own, whose isolate remembers nothing of other Workers. Every answer is held to the document. */
export function createWorker(bindings: object) {
  const ownEnv = { ...env, ...bindings } as Env;
  return async ({ method = "GET", path, key, body, address, headers: more = {} }: Question): Promise<Answer> => {
    const headers = new Headers(more);
    if (body) headers.set("content-type", method === "PATCH" ? "application/merge-patch+json" : "application/json");
    if (key) headers.set("authorization", `Bearer ${key}`);
    if (address) headers.set("cf-connecting-ip", address);
    const context = createExecutionContext();
    const request = new Request(`https://turash.test${path}`, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
    });
    const response = await worker.fetch(request as never, ownEnv, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: text === "" ? null : JSON.parse(text),
    };
    if (method !== "OPTIONS") await checkAnswer(method, path, answer);
    return answer;
  };
}
