import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type * as z from "zod";
import { invalid } from "../../domain/errors.ts";
import { fieldErrors } from "../../domain/fieldErrors.ts";
import type { KeptAnswer, OpenRequest } from "../../operations/context.ts";
import { isNotModified } from "../conditions.ts";
import type { AppEnvironment } from "../environment.ts";
import { createAnswerHeaders } from "./answerHeaders.ts";
import { type BeginRequest, open } from "./authenticated.ts";

/** The version of what an answer is made of: a text where it is known, a promise where it must be asked for. */
export type ReadVersion = (opened: OpenRequest) => string | Promise<string>;

/** The version of what changes only with the code, of which each deployment has caches of its own. */
export const partOfTheCode = "code";

/**
 * Gives the answer that this very question had before, as long as what it was made of has the same version. Its parameters are
 * read by `query`: however a question is written, its answer is kept once, and one with other parameters is refused. For answers
 * that are anyone's: a credential need not be sent; one that is sent must hold.
 */
export function keptAnswers(begin: BeginRequest, query: z.ZodObject, readVersion: ReadVersion, cacheControl: string) {
  const readQuestion = createQuestionReader(query.strict());
  const headersByAnswer = new WeakMap<KeptAnswer, Headers>();
  const headersOf = (answer: KeptAnswer) => {
    let known = headersByAnswer.get(answer);
    if (!known) {
      const { etag } = answer;
      known = createAnswerHeaders({ "content-type": "application/json", etag, "cache-control": cacheControl });
      headersByAnswer.set(answer, known);
    }
    return known;
  };

  return createMiddleware<AppEnvironment>(async (c, next) => {
    const { method, url, headers } = c.req.raw;
    if (method !== "GET" && method !== "HEAD") return next();
    const opened = await open(begin, c);
    const credential = headers.get("authorization");
    if (credential !== null) c.set("actor", await opened.identify(credential));
    const current = readVersion(opened);
    const version = typeof current === "string" ? current : await current;
    const begins = url.indexOf("?");
    const path = url.slice(url.indexOf("/", 8), begins < 0 ? undefined : begins);
    const address = begins < 0 ? path : `${path}?${readQuestion(c, url.slice(begins))}`;
    const answers = begins < 0 ? opened.answers : opened.searches;
    const known = answers.recall(address);
    let answer =
      known?.version === version ? known.value : await answers.find(address, (entry) => entry.version === version);
    if (!answer) {
      await next();
      if (c.error || !c.res.ok) return;
      const body = new Uint8Array(await c.res.arrayBuffer());
      answer = { body, etag: await digestOf(body) };
      // What it was made of may have changed since its version was read.
      const kept = answers.keep(address, c.get("edition") ?? version, answer);
      c.executionCtx.waitUntil(kept);
    }
    const isKnown = isNotModified(headers.get("if-none-match") ?? undefined, answer.etag);
    c.res = new Response(isKnown ? null : answer.body, {
      status: isKnown ? 304 : 200,
      headers: headersOf(answer),
    });
  });
}

const maximumReadings = 1_000;

/** Reads what parameters mean, written in one way, in the order of the schema; what was read once is remembered by its text. */
function createQuestionReader(parameters: z.ZodObject) {
  const readings = new Map<string, string>();
  return (c: Context<AppEnvironment>, written: string): string => {
    const known = readings.get(written);
    if (known !== undefined) return known;
    const given = Object.entries(c.req.queries()).map(([name, values]) => [
      name,
      values.length === 1 ? values[0] : values,
    ]);
    const { success, data, error } = parameters.safeParse(Object.fromEntries(given));
    if (!success) throw invalid(fieldErrors(error, "/query"));
    const meaning = JSON.stringify(data);
    if (readings.size >= maximumReadings) readings.clear();
    readings.set(written, meaning);
    return meaning;
  };
}

async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return `"${btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 12)))}"`;
}
