import { beforeAll, describe, expect, it } from "vitest";
import { createId, idFromUuid, uuidOf } from "../../src/domain/ids.ts";
import { call, type Json, operatorKey, pointersOf, refuse, succeed, withoutRequestId } from "./support/client.ts";
import { countRows, query } from "./support/database.ts";
import { createProgramme, inviteTo, joinAs } from "./support/programmes.ts";
import { createFlow, createKey, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

let office: Tenant;
let works: Tenant;
beforeAll(async () => {
  office = await createTenant({ name: "Programme office" });
  works = await createTenant({ name: "Gypsum works" });
});

const programmePath = ({ id }: Json) => `/v1/programmes/${id}`;
const idsOf = (page: Json) => page.data.map(({ id }: Json) => id);

describe("a programme", () => {
  it("is begun by an owner, whose organization facilitates it, and changed and closed by its own owners only", async () => {
    const programme = await createProgramme(office, { description: "One fjord" });
    expect(programme).toMatchObject({
      organizationId: office.id,
      name: "Symbiosis",
      description: "One fjord",
      version: 1,
    });
    const path = programmePath(programme);
    await refuse(404, "PATCH", path, { key: works.key, body: { name: "Taken" } });
    await refuse(412, "PATCH", path, { key: office.key, body: { name: "Late" }, headers: { "if-match": '"7"' } });
    const renamed = await succeed(200, "PATCH", path, {
      key: office.key,
      body: { name: "Renamed", description: null },
    });
    expect(renamed).toMatchObject({ name: "Renamed", description: null, version: 2 });
    const { headers } = await call("GET", path, { key: office.key });
    await succeed(304, "GET", path, { key: office.key, headers: { "if-none-match": headers.get("etag")! } });
    await succeed(204, "DELETE", path, { key: office.key, headers: { "if-match": '"2"' } });
    await refuse(404, "GET", path, { key: office.key });
    await refuse(404, "DELETE", path, { key: office.key });
  });

  it.each([
    [{}, ["/name"]],
    [{ name: "" }, ["/name"]],
    [{ name: "x".repeat(201), description: "x".repeat(4_001) }, ["/description", "/name"]],
    [{ name: "Symbiosis", organizationId: "org_1" }, ["/organizationId"]],
  ])("is refused with every wrong field's name, and nothing is written: %j", async (body, pointers) => {
    const before = await countRows();
    expect(pointersOf(await refuse(400, "POST", "/v1/programmes", { key: office.key, body }))).toEqual(pointers);
    expect(await countRows()).toEqual(before);
  });

  it("is listed for whom it concerns, by how the organization stands to it", async () => {
    const [facilitator, guest] = [await createTenant(), await createTenant()];
    const [own, joined, invited] = [
      await createProgramme(guest),
      await createProgramme(facilitator),
      await createProgramme(facilitator),
    ];
    await createProgramme(facilitator);
    await joinAs(guest, joined, facilitator);
    await inviteTo(invited, facilitator, guest.id);
    const list = async (query: string) =>
      idsOf(await succeed(200, "GET", `/v1/programmes?${query}`, { key: guest.key }));
    expect(await list("")).toEqual([invited.id, joined.id, own.id]);
    expect(await list("relation=facilitates")).toEqual([own.id]);
    expect(await list("relation=joined")).toEqual([joined.id]);
    expect(await list("relation=invited")).toEqual([invited.id]);
    await refuse(400, "GET", "/v1/programmes?relation=other", { key: guest.key });
    const first = await succeed(200, "GET", "/v1/programmes?limit=2", { key: guest.key });
    const rest = await succeed(200, "GET", `/v1/programmes?limit=2&cursor=${first.nextCursor}`, { key: guest.key });
    expect([...idsOf(first), ...idsOf(rest)]).toEqual([invited.id, joined.id, own.id]);
    expect(idsOf(await succeed(200, "GET", "/v1/programmes?limit=200", { key: operatorKey }))).toContain(own.id);
  });

  it("tells whoever is invited who invites it", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    await refuse(404, "GET", `/v1/organizations/${office.id}`, { key: guest.key });
    await inviteTo(programme, office, guest.id);
    expect(await succeed(200, "GET", programmePath(programme), { key: guest.key })).toEqual(programme);
    expect(await succeed(200, "GET", `/v1/organizations/${office.id}`, { key: guest.key })).toMatchObject({
      name: "Programme office",
    });
    await refuse(404, "GET", `/v1/organizations/${guest.id}`, { key: office.key });
  });
});

describe("an invitation to a programme", () => {
  it("is answered, listed and taken back the same for an organization and for an id of nothing", async () => {
    const programme = await createProgramme(office);
    const nothing = createId("organization");
    const without = (entry: Json) => ({ ...entry, organizationId: null, invitedAt: null });
    const real = await inviteTo(programme, office, works.id);
    const unreal = await inviteTo(programme, office, nothing);
    expect(real).toMatchObject({ state: "invited", sharesWithFacilitators: false, joinedAt: null, version: 1 });
    expect(without(unreal)).toEqual(without(real));
    const { data } = await succeed(200, "GET", `${programmePath(programme)}/participants`, { key: office.key });
    expect(data.map(without)).toEqual([without(data[0]), without(data[0])]);
    expect(data[0]).toMatchObject({ name: null, state: "invited" });
    for (const organizationId of [works.id, nothing]) {
      const again = await call("POST", `${programmePath(programme)}/invitations`, {
        key: office.key,
        body: { organizationId },
      });
      expect(again).toMatchObject({ status: 409, body: { reason: "already_invited" } });
      await succeed(204, "DELETE", `${programmePath(programme)}/participants/${organizationId}`, { key: office.key });
      await refuse(404, "DELETE", `${programmePath(programme)}/participants/${organizationId}`, { key: office.key });
    }
  });

  it("is an editor's of the facilitating organization to make, and nobody else's", async () => {
    const programme = await createProgramme(office);
    const path = `${programmePath(programme)}/invitations`;
    const guest = await createTenant();
    const body = { organizationId: guest.id };
    const viewer = await createKey(office, { role: "viewer" });
    const editor = await createKey(office, { role: "editor" });
    expect(await refuse(403, "POST", path, { key: viewer.key, body })).toMatchObject({ reason: "role_too_small" });
    await refuse(403, "POST", path, { key: operatorKey, body });
    await joinAs(works, programme, office);
    const theirs = await refuse(404, "POST", path, { key: works.key, body });
    const nothing = `/v1/programmes/${createId("programme")}/invitations`;
    expect(withoutRequestId(await refuse(404, "POST", nothing, { key: works.key, body }))).toEqual(
      withoutRequestId(theirs),
    );
    await succeed(201, "POST", path, { key: editor.key, body });
    expect(pointersOf(await refuse(400, "POST", path, { key: office.key, body: { organizationId: "org_1" } }))).toEqual(
      ["/organizationId"],
    );
    await refuse(409, "POST", path, { key: office.key, body: { organizationId: works.id } });
  });

  it("is made once of several at once", async () => {
    const programme = await createProgramme(office);
    const body = { organizationId: (await createTenant()).id };
    const invite = () => call("POST", `${programmePath(programme)}/invitations`, { key: office.key, body });
    const statuses = (await Promise.all([invite(), invite(), invite()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409, 409]);
  });

  it("is refused where the programme is full", async () => {
    const programme = await createProgramme(office);
    await query(
      `INSERT INTO programme_participants (programme_id, organization_id, state, invited_at)
        SELECT $1, gen_random_uuid(), 'invited', now() FROM generate_series(1, 10000)`,
      uuidOf(programme.id),
    );
    const body = { organizationId: works.id };
    const problem = await refuse(409, "POST", `${programmePath(programme)}/invitations`, { key: office.key, body });
    expect(problem.reason).toBe("programme_full");
    await succeed(204, "DELETE", programmePath(programme), { key: office.key });
  });
});

describe("joining a programme", () => {
  it("needs an invitation that stands, and answers as though there were no programme without one", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    const join = (path: string) => call("POST", `${path}/join`, { key: guest.key, body: {} });
    const uninvited = await join(programmePath(programme));
    const missing = await join(`/v1/programmes/${createId("programme")}`);
    expect([uninvited.status, missing.status]).toEqual([404, 404]);
    expect(withoutRequestId(uninvited.body)).toEqual(withoutRequestId(missing.body));
    await inviteTo(programme, office, guest.id);
    await succeed(204, "DELETE", `${programmePath(programme)}/participants/${guest.id}`, { key: office.key });
    expect((await join(programmePath(programme))).status).toBe(404);
    await refuse(404, "GET", programmePath(programme), { key: guest.key });
    await inviteTo(programme, office, guest.id);
    const editor = await createKey(guest, { role: "editor" });
    await refuse(403, "POST", `${programmePath(programme)}/join`, { key: editor.key, body: {} });
    expect((await join(programmePath(programme))).body).toMatchObject({
      state: "joined",
      sharesWithFacilitators: false,
      leftAt: null,
      version: 4,
    });
    await succeed(204, "DELETE", programmePath(programme), { key: office.key });
    expect((await join(programmePath(programme))).status).toBe(404);
  });

  it("is done once of several at once, and a repeat with the same key gets the first answer again", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    await inviteTo(programme, office, guest.id);
    const join = (headers = {}) =>
      call("POST", `${programmePath(programme)}/join`, {
        key: guest.key,
        body: { sharesWithFacilitators: true },
        headers,
      });
    const statuses = (await Promise.all([join(), join(), join()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 409, 409]);
    expect((await join()).body.reason).toBe("already_joined");
    const other = await createTenant();
    await inviteTo(programme, office, other.id);
    const options = { key: other.key, body: {}, headers: { "idempotency-key": crypto.randomUUID() } };
    const first = await succeed(200, "POST", `${programmePath(programme)}/join`, options);
    const again = await call("POST", `${programmePath(programme)}/join`, options);
    expect([again.headers.get("idempotent-replayed"), again.body]).toEqual(["true", first]);
  });

  it("and its invitation being taken back at once end in one of the two", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    await inviteTo(programme, office, guest.id);
    const [joined, removed] = await Promise.all([
      call("POST", `${programmePath(programme)}/join`, { key: guest.key, body: {} }),
      call("DELETE", `${programmePath(programme)}/participants/${guest.id}`, {
        key: office.key,
        headers: { "if-match": '"1"' },
      }),
    ]);
    expect([
      [200, 412],
      [200, 404],
      [404, 204],
    ]).toContainEqual([joined.status, removed.status]);
    const { status } = await call("GET", programmePath(programme), { key: guest.key });
    expect(status).toBe(joined.status);
  });

  it("shows members of the programme to each other by name, coarsely their flows, and nothing of who is only invited", async () => {
    const programme = await createProgramme(office);
    const [one, other, invited] = [
      await createTenant({ name: "One works" }),
      await createTenant({ name: "Other works" }),
      await createTenant({ name: "Invited works" }),
    ];
    const path = `${programmePath(programme)}/participants`;
    const { id: siteId } = await createSite(other);
    const flow = await createFlow(other, steamSupply(siteId, { visibility: "network" }));
    await inviteTo(programme, office, invited.id);
    expect(await refuse(403, "GET", path, { key: invited.key })).toMatchObject({ reason: "not_joined" });
    await joinAs(one, programme, office, { sharesWithFacilitators: true });
    await refuse(404, "GET", `/v1/flows/${flow.id}`, { key: one.key });
    await joinAs(other, programme, office, { sharesWithFacilitators: true });
    const seen = await succeed(200, "GET", path, { key: one.key });
    const byId = new Map(seen.data.map((entry: Json) => [entry.organizationId, entry]));
    expect([...byId.keys()].sort()).toEqual([one.id, other.id].sort());
    expect(byId.get(one.id)).toMatchObject({
      name: "One works",
      sharesWithFacilitators: true,
      invitedAt: expect.any(String),
    });
    expect(byId.get(other.id)).toMatchObject({ name: "Other works", sharesWithFacilitators: null, invitedAt: null });
    expect(JSON.stringify(seen)).not.toContain(invited.id);
    await succeed(200, "GET", `/v1/organizations/${other.id}`, { key: one.key });
    await succeed(200, "GET", `/v1/flows/${flow.id}`, { key: one.key });
    const whole = await succeed(200, "GET", path, { key: office.key });
    expect(whole.data.map(({ state }: Json) => state).sort()).toEqual(["invited", "joined", "joined"]);
    const first = await succeed(200, "GET", `${path}?limit=1`, { key: office.key });
    const second = await succeed(200, "GET", `${path}?limit=2&cursor=${first.nextCursor}`, { key: office.key });
    expect([...first.data, ...second.data]).toEqual(whole.data);
    expect(await succeed(200, "GET", path, { key: operatorKey })).toEqual(whole);
  });
});

describe("an organization's part in a programme", () => {
  it("says whether facilitators may read its flows, from the moment that it is changed", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    const { id: siteId } = await createSite(guest);
    const flow = await createFlow(guest, steamSupply(siteId, { visibility: "network" }));
    const secret = await createFlow(guest, steamSupply(siteId, { visibility: "private" }));
    const path = `${programmePath(programme)}/participation`;
    const isRead = async ({ id }: Json) => (await call("GET", `/v1/flows/${id}`, { key: office.key })).status;
    await inviteTo(programme, office, guest.id);
    const patch = (body: object, headers = {}) => call("PATCH", path, { key: guest.key, body, headers });
    expect((await patch({ sharesWithFacilitators: true })).body).toMatchObject({ status: 409, reason: "not_joined" });
    await succeed(200, "POST", `${programmePath(programme)}/join`, { key: guest.key, body: {} });
    expect(await isRead(flow)).toBe(404);
    expect((await patch({ sharesWithFacilitators: true }, { "if-match": '"1"' })).status).toBe(412);
    expect((await patch({ sharesWithFacilitators: true })).body).toMatchObject({
      sharesWithFacilitators: true,
      version: 3,
    });
    expect([await isRead(flow), await isRead(secret)]).toEqual([200, 404]);
    expect((await patch({ sharesWithFacilitators: null })).body).toMatchObject({
      sharesWithFacilitators: false,
      version: 4,
    });
    expect(await isRead(flow)).toBe(404);
    expect((await patch({ sharesWithFacilitators: "yes" })).status).toBe(400);
    expect(pointersOf((await patch({ state: "left" })).body)).toEqual(["/state"]);
    await refuse(404, "GET", path, { key: office.key });
    await refuse(404, "PATCH", path, { key: office.key, body: { sharesWithFacilitators: true } });
    const read = await call("GET", path, { key: guest.key });
    expect(read.body).toMatchObject({ organizationId: guest.id, state: "joined", version: 4 });
    await succeed(304, "GET", path, { key: guest.key, headers: { "if-none-match": read.headers.get("etag")! } });
  });

  it("ends when it leaves, once of several at once, and it may be invited again", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    await joinAs(guest, programme, office, { sharesWithFacilitators: true });
    const leave = () => call("POST", `${programmePath(programme)}/leave`, { key: guest.key });
    expect((await Promise.all([leave(), leave()])).map(({ status }) => status).sort()).toEqual([204, 404]);
    expect((await leave()).status).toBe(404);
    await refuse(404, "GET", `${programmePath(programme)}/participants`, { key: guest.key });
    const { data } = await succeed(200, "GET", `${programmePath(programme)}/participants`, { key: office.key });
    expect(data).toMatchObject([
      { organizationId: guest.id, name: null, state: "left", sharesWithFacilitators: false },
    ]);
    expect(await inviteTo(programme, office, guest.id)).toMatchObject({
      state: "invited",
      joinedAt: null,
      leftAt: null,
    });
    expect((await leave()).status).toBe(204);
  });

  it("is put to an end by the facilitating organization's owner, and not by other participants", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    await joinAs(guest, programme, office);
    await joinAs(works, programme, office);
    const path = `${programmePath(programme)}/participants/${guest.id}`;
    await refuse(404, "DELETE", path, { key: works.key });
    await refuse(412, "DELETE", path, { key: office.key, headers: { "if-match": '"9"' } });
    const editor = await createKey(office, { role: "editor" });
    await refuse(403, "DELETE", path, { key: editor.key });
    await succeed(204, "DELETE", path, { key: office.key, headers: { "if-match": '"2"' } });
    await refuse(404, "GET", programmePath(programme), { key: guest.key });
    await refuse(404, "GET", `/v1/organizations/${guest.id}`, { key: works.key });
  });

  it("is like any other's for the facilitating organization itself, which sees the programme without one too", async () => {
    const programme = await createProgramme(office);
    await refuse(404, "GET", `${programmePath(programme)}/participation`, { key: office.key });
    await joinAs(office, programme, office);
    await succeed(200, "GET", `${programmePath(programme)}/participation`, { key: office.key });
    const [event] = await query(
      "SELECT organization_ids FROM outbox WHERE subject_id = $1 AND type = 'turash.programme.joined'",
      uuidOf(programme.id),
    );
    expect(event.organization_ids).toEqual([uuidOf(office.id)]);
    await succeed(204, "POST", `${programmePath(programme)}/leave`, { key: office.key });
    await succeed(200, "GET", programmePath(programme), { key: office.key });
  });

  it("enters its own audit log when it changes, and the facilitating organization hears of it", async () => {
    const programme = await createProgramme(office);
    const guest = await createTenant();
    await joinAs(guest, programme, office);
    await succeed(204, "POST", `${programmePath(programme)}/leave`, { key: guest.key });
    const logOf = async ({ id }: Tenant) =>
      (
        await query(
          "SELECT action FROM audit_entries WHERE organization_id = $1 AND subject_id = $2 ORDER BY id",
          uuidOf(id),
          uuidOf(programme.id),
        )
      ).map(({ action }) => action);
    expect(await logOf(office)).toEqual(["programme.create", "programme.invite"]);
    expect(await logOf(guest)).toEqual(["programme.join", "programme.leave"]);
    const events = await query(
      "SELECT type, organization_ids, data FROM outbox WHERE subject_id = $1 AND type <> 'turash.programme.created' ORDER BY xid, sequence",
      uuidOf(programme.id),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "turash.programme.invited",
      "turash.programme.joined",
      "turash.programme.left",
    ]);
    for (const { organization_ids, data } of events) {
      expect(organization_ids).toEqual([office, guest].map(({ id }) => uuidOf(id)));
      expect(data.organizationId).toBe(guest.id);
    }
  });

  it("ends with the organization, and a programme with the one that facilitates it", async () => {
    const [facilitator, guest, closing] = [await createTenant(), await createTenant(), await createTenant()];
    const programme = await createProgramme(facilitator);
    await joinAs(guest, programme, facilitator);
    await joinAs(closing, programme, facilitator, { sharesWithFacilitators: true });
    await succeed(204, "DELETE", `/v1/organizations/${closing.id}`, { key: closing.key });
    const { data } = await succeed(200, "GET", `${programmePath(programme)}/participants`, { key: guest.key });
    expect(data.map(({ organizationId }: Json) => organizationId)).toEqual([guest.id]);
    await succeed(204, "DELETE", `/v1/organizations/${facilitator.id}`, { key: facilitator.key });
    await refuse(404, "GET", programmePath(programme), { key: guest.key });
    const events = await query(
      "SELECT type, organization_ids FROM outbox WHERE subject_id = $1 ORDER BY xid DESC, sequence DESC LIMIT 1",
      uuidOf(programme.id),
    );
    expect(events[0].type).toBe("turash.programme.closed");
    const told = events[0].organization_ids.map((uuid: string) => idFromUuid("organization", uuid));
    expect(told.sort()).toEqual([facilitator.id, guest.id].sort());
  });
});
