import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { AppError } from "../domain/errors.ts";
import { idSchema } from "../domain/ids.ts";
import { hashSchema } from "../domain/offer.ts";
import { getRoomDocument, putRoomDocument } from "../operations/roomDocuments.ts";
import { documentReferenceSchema } from "../rooms/events.ts";
import { createRouter } from "./environment.ts";
import { authenticated, type BeginRequest } from "./middleware/authenticated.ts";
import { rejectAt } from "./middleware/jsonBody.ts";
import { problems } from "./schemas/answers.ts";
import { operation } from "./schemas/operation.ts";

const maximumDocumentBytes = 10_000_000;

/** What may be uploaded. It is only ever given out to be saved, and never to be shown. */
const mediaTypes = [
  "application/pdf",
  "image/png",
  "image/jpeg",
  "text/plain",
  "text/csv",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
] as const;

const path = "/v1/rooms/{matchId}/documents/{documentId}";
const params = z.object({
  matchId: idSchema("match"),
  documentId: hashSchema.meta({ description: "SHA-256 of the document, 64 hexadecimal digits" }),
});
const json = { "application/json": { schema: documentReferenceSchema } };
const binary = z.string().meta({ description: `at most ${maximumDocumentBytes} bytes`, example: "%PDF-1.7" });

const putRoute = createRoute({
  ...operation("putRoomDocument", "rooms", "Upload a document that the caller's side may then attach"),
  method: "put",
  path,
  request: {
    params,
    query: z.object({
      name: z
        .string()
        .min(1)
        .max(200)
        .regex(/^[^/\\]+$/, "is a file's name, without a folder")
        .refine((name) => [...name].every((character) => character >= " " && character !== "\u007f"), {
          error: "has a control character",
        })
        .meta({ example: "analysis.pdf" }),
    }),
    body: {
      required: true,
      content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: binary, example: "%PDF-1.7" as never }])),
    },
  },
  responses: {
    200: { description: "It is there already", content: json },
    201: { description: "Uploaded", content: json },
    ...problems(400, 401, 403, 404, 409, 413, 415),
  },
});

const getRoute = createRoute({
  ...operation("getRoomDocument", "rooms", "A document of a room: the caller's own, or one that is attached"),
  method: "get",
  path,
  request: { params },
  responses: {
    200: {
      description: "The document, to be saved; its own media type is in the reference",
      content: { "application/octet-stream": { schema: binary } },
    },
    ...problems(400, 401, 403, 404),
  },
});

/** Documents of rooms. They stand before the other routes, whose bodies are JSON. */
export function roomDocuments(begin: BeginRequest) {
  const router = createRouter();
  router.use("/v1/rooms/:matchId/documents/:documentId", authenticated(begin));
  return router
    .openapi(putRoute, async (c) => {
      const { matchId, documentId } = c.req.valid("param");
      const mediaType = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
      if (!mediaTypes.some((type) => type === mediaType))
        throw new AppError("invalid", `Documents are ${mediaTypes.join(", ")}.`, { reason: "unsupported_media_type" });
      const bytes = await readBytes(c.req.raw, c.var.context.deadline.signal);
      const { name } = c.req.valid("query");
      const { document, created } = await putRoomDocument(c.var.context, matchId, {
        id: documentId,
        name,
        mediaType,
        bytes,
      });
      return c.json(document, created ? 201 : 200);
    })
    .openapi(getRoute, async (c) => {
      const { matchId, documentId } = c.req.valid("param");
      const { document, body } = await getRoomDocument(c.var.context, matchId, documentId);
      return new Response(body, {
        headers: {
          "content-type": "application/octet-stream",
          "content-length": String(document.sizeBytes),
          "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(document.name)}`,
        },
      }) as never;
    });
}

/** The body, bounded in bytes and time. */
async function readBytes({ body, headers }: Request, signal: AbortSignal): Promise<Uint8Array> {
  const tooLarge = () =>
    new AppError("invalid", `A document has at most ${maximumDocumentBytes} bytes.`, { reason: "body_too_large" });
  if (Number(headers.get("content-length") ?? 0) > maximumDocumentBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  const late = rejectAt(signal);
  while (reader) {
    const chunk = await Promise.race([reader.read(), late]);
    if (chunk.done) break;
    size += chunk.value.byteLength;
    if (size > maximumDocumentBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(chunk.value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
