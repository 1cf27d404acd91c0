import { createCaller, expectSuccess } from "./apiCaller.ts";

export type RoomPair = { matchId: string; seller: string; buyer: string };

/** A supply and a need of two new organizations, a kilometre apart where nobody else is, whose sides have shown interest; their keys. */
export async function createRoomPair(url: string, operatorKey: string): Promise<RoomPair> {
  const operator = createCaller(url, operatorKey);
  const [longitude, latitude] = [Math.random() * 300 - 150, Math.random() * 100 - 50];
  const createSide = async (name: string, north: number, content: object) => {
    const { apiKey } = await expectSuccess(
      operator<{ apiKey: { key: string } }>("POST", "/v1/organizations", { name, country: "DK" }),
    );
    const call = createCaller(url, apiKey.key);
    const location = { type: "Point", coordinates: [longitude, latitude + north] };
    const site = { name, location, timeZone: "Europe/Copenhagen", country: "DK" };
    const { id: siteId } = await expectSuccess(call<{ id: string }>("POST", "/v1/sites", site));
    const flow = { siteId, kind: "steam", grade: "process_steam", title: name, visibility: "public", ...content };
    const { id } = await expectSuccess(call<{ id: string }>("POST", "/v1/flows", flow));
    return { key: apiKey.key, call, flowId: id };
  };
  const seller = await createSide("Power station", 0, {
    direction: "output",
    quantity: { amount: 550_000, unit: "t/a" },
    quality: { temperature: { value: 200, unit: "Cel" }, pressure: { minimum: 13, maximum: 15, unit: "bar" } },
  });
  const buyer = await createSide("Brewery", 0.009, {
    direction: "input",
    quantity: { amount: 215_000, unit: "t/a" },
    quality: { temperature: { minimum: 140, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } },
  });
  const { data } = await expectSuccess(
    buyer.call<{ data: { matchId: string }[] }>("GET", `/v1/flows/${buyer.flowId}/matches`),
  );
  const { matchId } = data[0]!;
  for (const { call } of [seller, buyer]) await expectSuccess(call("POST", `/v1/matches/${matchId}/interest`));
  return { matchId, seller: seller.key, buyer: buyer.key };
}
