import { createHash } from "node:crypto";
import { conflict, invalidField, notFound } from "../domain/errors.ts";
import type { MatchId, OrganizationId } from "../domain/ids.ts";
import type { DocumentReference } from "../rooms/events.ts";
import type { StoredDocument } from "../rooms/roomObjects.ts";
import type { RequestContext } from "./context.ts";
import { enterRoom, settleAdmission } from "./rooms.ts";

/** Where documents are kept; null where it has none of the key. */
export type DocumentShelf = {
  put(key: string, bytes: Uint8Array, facts: { mediaType: string; sha256: string }): Promise<void>;
  open(key: string): Promise<ReadableStream<Uint8Array> | null>;
};

/** A document as it comes: its id is what the sender says its SHA-256 is. */
export type Upload = { id: string; name: string; mediaType: string; bytes: Uint8Array };

/**
 * Keeps a document for a room, for its side to attach. The same again changes nothing. Errors: `invalid` where it is not what its id
 * says, `conflict` where the organization has uploaded as many as it may.
 */
export async function putRoomDocument(
  context: RequestContext,
  matchId: MatchId,
  { id, name, mediaType, bytes }: Upload,
): Promise<{ document: DocumentReference; created: boolean }> {
  const { room, entry, grant } = await enterRoom(context, matchId, "putRoomDocument");
  if (createHash("sha256").update(bytes).digest("hex") !== id)
    throw invalidField("/path/documentId", "digest_mismatch", "is not the SHA-256 of what was sent");
  const { participant } = grant;
  const { organizationId } = participant;
  const known = settleAdmission(await room.findDocument(entry.facts, participant, id));
  if (known?.organizationId === organizationId) return { document: referenceOf(known), created: false };
  const document = { documentId: id, name, mediaType, sizeBytes: bytes.byteLength, sha256: id };
  await context.services.documents.put(keyOf(matchId, organizationId, id), bytes, { mediaType, sha256: id });
  const kept = settleAdmission(await room.keepDocument(entry.facts, participant, document));
  if (kept === "full") throw conflict("too_many_documents", "Your organization has uploaded as many as a room takes.");
  return { document, created: true };
}

/** A document that the caller's organization uploaded, or that is attached to the room. */
export async function getRoomDocument(
  context: RequestContext,
  matchId: MatchId,
  id: string,
): Promise<{ document: DocumentReference; body: ReadableStream<Uint8Array> }> {
  const { room, entry, grant } = await enterRoom(context, matchId, "getRoomDocument");
  const found = settleAdmission(await room.findDocument(entry.facts, grant.participant, id));
  const body = found && (await context.services.documents.open(keyOf(matchId, found.organizationId, id)));
  if (!found || !body) throw notFound("document");
  return { document: referenceOf(found), body };
}

function referenceOf({ organizationId: _, ...document }: StoredDocument): DocumentReference {
  return document;
}

function keyOf(matchId: MatchId, organizationId: OrganizationId, id: string): string {
  return `${matchId}/${organizationId}/${id}`;
}
