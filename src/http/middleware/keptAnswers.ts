import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type * as z from "zod";
import { invalid } from "../../domain/errors.ts";
import { fieldErrors } from "../../domain/fieldErrors.ts";
import type { KeptAnswer, KeptAnswers, OpenRequest } from "../../operations/context.ts";
import { isNotModified } from "../conditions.ts";
import type { AppEnvironment } from "../environment.ts";
import { createAnswerHeaders } from "./answerHeaders.ts";
import { type BeginRequest, open } from "./authenticated.ts";
import { findRoute } from "./gateway.ts";

/** Of what an answer is made, by the version of that. */
export type Edition = {
  /** Its version where it is known without asking; else null. */
  recall(opened: OpenRequest): string | null;
  read(opened: OpenRequest): Promise<string>;
};

/** What changes only with the code, of which each deployment has caches of its own. */
export const partOfTheCode: Edition = { recall: () => "code", read: async () => "code" };

/** What is asked for, however it was written. */
export type Question = {
  /** Under which its answer is kept. */
  address: string;
  /** The pattern of its route. */
  route: string | null;
  edition: Edition;
  /** Where its answer is kept. */
  keptIn(opened: OpenRequest): KeptAnswers;
  /** What the answer carries besides what every answer does. */
  headersOf(answer: KeptAnswer): Headers;
};

const maximumQuestions = 1_000;

/** The questions that were read lately, by path and parameters as they were written. */
export class KnownQuestions {
  readonly #questions = new Map<string, Question>();

  find(url: string): Question | undefined {
    return this.#questions.get(writtenIn(url));
  }

  note(url: string, question: Question): void {
    if (this.#questions.size >= maximumQuestions) this.#questions.clear();
    this.#questions.set(writtenIn(url), question);
  }
}

/** Path and parameters of an address. */
function writtenIn(url: string): string {
  return url.slice(url.indexOf("/", "https://".length));
}

/**
 * Gives the answer that this very question had before, as long as what it was made of has the same version. Its parameters are
 * read by `query`: however a question is written, its answer is kept once, and one with other parameters is refused. For answers
 * that are anyone's: a credential need not be sent; one that is sent must hold.
 */
export function keptAnswers(
  begin: BeginRequest,
  questions: KnownQuestions,
  { query, edition, cacheControl }: { query: z.ZodObject; edition: Edition; cacheControl: string },
) {
  const parameters = query.strict();
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
  const readQuestion = (c: Context<AppEnvironment>): Question => {
    const isSearch = c.req.url.includes("?");
    return {
      address: isSearch ? `${c.req.path}?${readParameters(c, parameters)}` : c.req.path,
      route: findRoute(c),
      edition,
      keptIn: ({ answers, searches }) => (isSearch ? searches : answers),
      headersOf,
    };
  };

  return createMiddleware<AppEnvironment>(async (c, next) => {
    const { method, url, headers } = c.req.raw;
    if (method !== "GET" && method !== "HEAD") return next();
    const opened = await open(begin, c);
    const credential = headers.get("authorization");
    if (credential !== null) c.set("actor", await opened.identify(credential));
    const question = questions.find(url) ?? readQuestion(c);
    const { address } = question;
    const answers = question.keptIn(opened);
    const version = edition.recall(opened) ?? (await edition.read(opened));
    let answer = await answers.find(address, (entry) => entry.version === version);
    if (!answer) {
      await next();
      if (c.error || !c.res.ok) return;
      const body = new Uint8Array(await c.res.arrayBuffer());
      answer = { body, etag: await digestOf(body) };
      // What it was made of may have changed since its version was read.
      const kept = answers.keep(address, c.get("edition") ?? version, answer);
      c.executionCtx.waitUntil(kept);
    }
    questions.note(url, question);
    c.res = toResponse(c.req.raw, question, answer);
  });
}

export function toResponse({ headers }: Request, question: Question, answer: KeptAnswer): Response {
  const isKnown = isNotModified(headers.get("if-none-match") ?? undefined, answer.etag);
  return new Response(isKnown ? null : answer.body, {
    status: isKnown ? 304 : 200,
    headers: question.headersOf(answer),
  });
}

/** What the parameters mean, written in one way, in the order of the schema. */
function readParameters(c: Context<AppEnvironment>, parameters: z.ZodObject): string {
  const given = Object.entries(c.req.queries()).map(([name, values]) => [
    name,
    values.length === 1 ? values[0] : values,
  ]);
  const { success, data, error } = parameters.safeParse(Object.fromEntries(given));
  if (!success) throw invalid(fieldErrors(error, "/query"));
  return JSON.stringify(data);
}

async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return `"${btoa(String.fromCharCode(...new Uint8Array(digest).subarray(0, 12)))}"`;
}
