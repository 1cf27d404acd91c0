import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { call, pointersOf, refuse, succeed } from "../support/client.ts";
import { createWorker } from "../support/ownWorker.ts";
import { createRoom, join, leaveAll, pathOf } from "../support/rooms.ts";
import { createTenant, insertKey } from "../support/tenants.ts";

afterEach(leaveAll);

const idOf = (content: string) => createHash("sha256").update(content).digest("hex");

function upload(
  matchId: string,
  key: string,
  content: string,
  { id = idOf(content), mediaType = "text/plain", name = "analysis.txt" } = {},
) {
  const path = `${pathOf(matchId)}/documents/${id}?name=${encodeURIComponent(name)}`;
  return call("PUT", path, { key, rawBody: content, headers: { "content-type": mediaType } });
}

describe("a document of a room", () => {
  it("is uploaded, attached by reference and then read by the other side, and by nobody before or besides", async () => {
    const { seller, buyer, matchId } = await createRoom();
    const stranger = await createTenant();
    const content = "97 % CaSO4";
    const id = idOf(content);
    const path = `${pathOf(matchId)}/documents/${id}`;
    const first = await upload(matchId, seller.key, content);
    const reference = { documentId: id, name: "analysis.txt", mediaType: "text/plain", sizeBytes: 10, sha256: id };
    expect([first.status, first.body]).toEqual([201, reference]);
    expect((await upload(matchId, seller.key, content, { name: "again.txt" })).status).toBe(200);
    await refuse(404, "GET", path, { key: buyer.key });
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    expect(await buys.refused({ type: "document.attach", documentId: id })).toBe("unknown_document");
    await sells.do({ type: "document.attach", documentId: id });
    expect((await buys.event("document.attached")).data).toEqual(reference);
    const read = await call("GET", path, { key: buyer.key });
    expect([read.status, read.text]).toEqual([200, content]);
    expect(read.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''analysis.txt");
    await refuse(404, "GET", path, { key: stranger.key });
    expect((await upload(matchId, stranger.key, content)).status).toBe(404);
  });

  it("is refused where it is not what its id says, is too large, or of another type, or its sender only reads", async () => {
    const { seller, matchId } = await createRoom();
    const wrong = await upload(matchId, seller.key, "one", { id: idOf("another") });
    expect([wrong.status, pointersOf(wrong.body)]).toEqual([400, ["/path/documentId"]]);
    expect((await upload(matchId, seller.key, "<script>", { mediaType: "text/html" })).status).toBe(415);
    expect((await upload(matchId, seller.key, "x".repeat(10_000_001))).status).toBe(413);
    expect((await upload(matchId, seller.key, "x", { name: "../x" })).status).toBe(400);
    const viewer = await insertKey(seller, { role: "viewer", scopes: ["rooms:join"] });
    expect((await upload(matchId, viewer, "x")).status).toBe(403);
    expect((await upload(matchId, seller.key, "whole")).status).toBe(201);
  });

  it("is kept nowhere, and that is said, where the deployment has no bucket; rooms likewise", async () => {
    const { seller, matchId } = await createRoom();
    const path = `${pathOf(matchId)}/documents/${idOf("x")}?name=x.txt`;
    const ask = createWorker({ DOCUMENTS: undefined });
    const answer = await ask({
      method: "PUT",
      path,
      key: seller.key,
      rawBody: "x",
      headers: { "content-type": "text/plain" },
    });
    expect([answer.status, answer.body.reason]).toEqual([503, "documents_not_kept"]);
    const without = await createWorker({ ROOMS: undefined })({ path: pathOf(matchId), key: seller.key });
    expect([without.status, without.body.reason]).toEqual([503, "rooms_not_kept"]);
    await succeed(200, "GET", pathOf(matchId), { key: seller.key });
  });
});
