import { afterEach, describe, expect, it } from "vitest";
import { succeed } from "../support/client.ts";
import { createRoom, join, leaveAll, logOf, propose, stateOf } from "../support/rooms.ts";

afterEach(leaveAll);

describe("a room", () => {
  it("brings two sides to an agreement that the records have", async () => {
    const { seller, buyer, matchId, output } = await createRoom();
    const [sells, buys] = [await join(matchId, seller.key), await join(matchId, buyer.key)];
    const hash = await propose(sells);
    await buys.event("offer.proposed");
    await buys.do({ type: "offer.accept", hash });
    const confirmed = await buys.event("agreement.confirmed");
    const exchange = await succeed(200, "GET", `/v1/exchanges/${confirmed.data.exchangeId}`, { key: seller.key });
    expect(exchange).toMatchObject({ matchId, round: 1, quantity: { amount: 1_000, unit: "t/a" }, state: "agreed" });
    const { state } = await succeed(200, "GET", `/v1/matches/${matchId}`, { key: buyer.key });
    expect(state).toBe("agreed");
    const flow = await succeed(200, "GET", `/v1/flows/${output.id}`, { key: seller.key });
    expect(flow.remaining.amount).toBe(549_000);
    expect((await stateOf(matchId, seller.key)).phase).toBe("agreed");
    expect((await logOf(matchId, seller.key)).map(({ type }) => type)).toContain("agreement.confirmed");
  });
});
