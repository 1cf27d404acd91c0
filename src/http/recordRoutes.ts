import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as z from "zod";
import type { Changed, Expectation } from "../domain/change.ts";
import { externalIdSchema } from "../domain/flow.ts";
import { type Id, idSchema } from "../domain/ids.ts";
import type { RequestContext } from "../operations/context.ts";
import type { OperationName } from "../operations/permissions.ts";
import { describeAnswer } from "./answers.ts";
import { etagOf, isNotModified, readExpectation, readIfMatch } from "./conditions.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import { etagHeader, idempotencyKeyHeader, ifMatchHeader, ifNoneMatchHeader, problems } from "./schemas/answers.ts";
import { mergePatchOf, operation } from "./schemas/operation.ts";

type RecordNoun = "organization" | "site" | "flow" | "programme" | "webhook";

/** What the routes of one noun need: its schemas, and the operations behind them. */
export type RecordResource<
  N extends RecordNoun,
  Content extends z.ZodObject,
  Stored extends { id: Id<N>; version: number },
> = {
  noun: N;
  content: Content;
  /** Of what is answered. */
  record: z.ZodType;
  examples: { content: z.input<Content>; patch: object };
  deletes: string;
  answer(stored: Stored): object;
  get(context: RequestContext, id: Id<N>): Promise<Stored>;
  update(context: RequestContext, id: Id<N>, patch: object, ifMatch: number | null): Promise<Stored>;
  remove(context: RequestContext, id: Id<N>, ifMatch: number | null): Promise<void>;
  create?(context: RequestContext, content: z.output<Content>): Promise<Changed<Stored>>;
  put?(
    context: RequestContext,
    externalId: string,
    content: z.output<Content>,
    expectation: Expectation,
  ): Promise<{ record: Stored; created: boolean }>;
};

/**
 * The routes that every versioned record has, with the same manners for all of them: read with ETag and 304, change by
 * merge patch and delete under If-Match, create with Idempotency-Key, create or replace by externalId.
 */
export function recordRoutes<
  N extends RecordNoun,
  Content extends z.ZodObject,
  Stored extends { id: Id<N>; version: number },
>(resource: RecordResource<N, Content, Stored>) {
  const { noun, content, record, examples, create, put } = resource;
  const plural = `${noun}s`;
  const path = `/v1/${plural}`;
  const name = noun.charAt(0).toUpperCase() + noun.slice(1);
  const describe = (verb: string, summary: string) => operation(`${verb}${name}` as OperationName, plural, summary);
  const json = { "application/json": { schema: record } };
  const answered = (description: string) => ({ description, headers: etagHeader, content: json });
  // Routes infer what they validate from a schema whose type is known, not from a type parameter.
  const contentSchema: z.ZodObject = content;
  const body = {
    required: true,
    content: { "application/json": { schema: contentSchema, example: examples.content as object } },
  };
  const params = z.object({ id: idSchema(noun) });
  const one = `${path}/{id}`;
  const router = createRouter();

  /** Answers a record with its ETag, and its place when it is new. */
  const reply = (c: Context<AppEnvironment>, stored: Stored, status: 200 | 201, replayed = false) => {
    describeAnswer(c, {
      version: stored.version,
      replayed,
      ...(status === 201 ? { location: `${path}/${stored.id}` } : {}),
    });
    return c.json(resource.answer(stored), status) as never;
  };

  if (create)
    router.openapi(
      createRoute({
        ...describe("create", `Create ${articleFor(noun)}`),
        method: "post",
        path,
        request: { headers: z.object({ "idempotency-key": idempotencyKeyHeader }), body },
        responses: { 201: answered("Created"), ...problems(400, 401, 403, 409, 413, 415, 422) },
      }),
      async (c) => {
        const { value, replayed } = await create(c.var.context, c.req.valid("json") as z.output<Content>);
        return reply(c, value, 201, replayed);
      },
    );

  if (put)
    router.openapi(
      createRoute({
        ...describe("put", `Create or replace the ${noun} with an externalId`),
        method: "put",
        path: `${path}/by-external-id/{externalId}`,
        request: {
          params: z.object({ externalId: externalIdSchema }),
          headers: z.object({ "if-match": ifMatchHeader, "if-none-match": ifNoneMatchHeader }),
          body,
        },
        responses: {
          200: answered("Replaced, or equal already"),
          201: answered("Created"),
          ...problems(400, 401, 403, 409, 412, 413, 415),
        },
      }),
      async (c) => {
        const headers = c.req.valid("header");
        const expectation = readExpectation(headers["if-match"], headers["if-none-match"]);
        const outcome = await put(
          c.var.context,
          c.req.valid("param").externalId,
          c.req.valid("json") as z.output<Content>,
          expectation,
        );
        return reply(c, outcome.record, outcome.created ? 201 : 200);
      },
    );

  router.openapi(
    createRoute({
      ...describe("get", `Read ${articleFor(noun)}`),
      method: "get",
      path: one,
      request: { params, headers: z.object({ "if-none-match": ifNoneMatchHeader }) },
      responses: { 200: answered(`The ${noun}`), 304: { description: "Not changed" }, ...problems(400, 401, 403, 404) },
    }),
    async (c) => {
      const stored = await resource.get(c.var.context, c.req.valid("param").id);
      const etag = etagOf(stored.version);
      if (isNotModified(c.req.valid("header")["if-none-match"], etag)) return c.body(null, 304, { etag });
      return reply(c, stored, 200);
    },
  );

  router.openapi(
    createRoute({
      ...describe("update", `Change ${articleFor(noun)} by JSON Merge Patch`),
      method: "patch",
      path: one,
      request: {
        params,
        headers: z.object({ "if-match": ifMatchHeader }),
        body: mergePatchOf(content, examples.patch),
      },
      responses: { 200: answered("Changed"), ...problems(400, 401, 403, 404, 409, 412, 413, 415) },
    }),
    async (c) => {
      const ifMatch = readIfMatch(c.req.valid("header")["if-match"]);
      return reply(c, await resource.update(c.var.context, c.req.valid("param").id, await c.req.json(), ifMatch), 200);
    },
  );

  router.openapi(
    createRoute({
      ...describe("delete", resource.deletes),
      method: "delete",
      path: one,
      request: { params, headers: z.object({ "if-match": ifMatchHeader }) },
      responses: { 204: { description: "Deleted" }, ...problems(400, 401, 403, 404, 409, 412) },
    }),
    async (c) => {
      await resource.remove(c.var.context, c.req.valid("param").id, readIfMatch(c.req.valid("header")["if-match"]));
      return c.body(null, 204);
    },
  );
  return router;
}

function articleFor(noun: RecordNoun): string {
  return noun === "organization" ? `an ${noun}` : `a ${noun}`;
}
