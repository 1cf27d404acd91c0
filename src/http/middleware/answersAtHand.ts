import type { ExecutionContext } from "hono";
import type { Actor } from "../../domain/actor.ts";
import type { KeptAnswer, OpenRequest } from "../../operations/context.ts";
import { toProblemResponse } from "../problem.ts";
import type { BeginRequest } from "./authenticated.ts";
import { type KnownQuestions, type Question, toResponse } from "./keptAnswers.ts";
import { arrive, leave, type ReadSettings, type Visit } from "./visit.ts";

/**
 * Gives what this isolate has at hand before the router is asked: the answer to a question that was put in these very words and
 * is still as it was. The request is counted, its credential verified, its answer dressed and its line logged as everywhere; what
 * is saved is the way there, which costs as much as all of that. Null where the request has to take that way, and then nothing
 * was counted yet.
 */
export function answersAtHand(begin: BeginRequest, questions: KnownQuestions, readSettings: ReadSettings) {
  return (request: Request, env: Env, context: ExecutionContext): Promise<Response> | null => {
    if (request.method !== "GET") return null;
    const question = questions.find(request.url);
    if (!question) return null;
    const visit = arrive(request.headers, readSettings(env));
    if (visit.isFromPage) return null;
    const opened = begin({
      env,
      at: visit.at,
      request,
      requestId: visit.requestId,
      traceparent: visit.trace.traceparent,
      waitUntil: (work) => context.waitUntil(work),
    });
    const known = question.keptIn(opened).recall(question.address);
    if (!known || known.version !== question.edition.recall(opened)) return null;
    return give(request, visit, opened, question, known.value);
  };
}

async function give(
  request: Request,
  visit: Visit,
  opened: OpenRequest,
  question: Question,
  kept: KeptAnswer,
): Promise<Response> {
  let actor: Actor | null = null;
  let failure: unknown;
  let answer: Response;
  try {
    const admission = opened.admit();
    if (admission) await admission;
    const credential = request.headers.get("authorization");
    if (credential !== null) {
      const identified = opened.identify(credential);
      actor = identified instanceof Promise ? await identified : identified;
    }
    answer = toResponse(request, question, kept);
  } catch (error) {
    failure = error;
    answer = toProblemResponse(error, visit.requestId);
  }
  leave(visit, answer, { method: request.method, route: question.route, opened, actor, failure });
  return answer;
}
