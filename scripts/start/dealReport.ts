import type { RoomEvent } from "../../src/client/index.ts";
import type { OfferTerms } from "../../src/domain/offer.ts";
import type { Deal } from "./dealInRoom.ts";

/** The log of a room as lines, and whether it verifies. */
export function formatDeal({ need, output, matchId, round, agreementHash, log, report }: Deal): string {
  const names = new Map<string, string>();
  const lines = log.map((event) => {
    if (event.type === "member.joined") names.set(event.data.id, event.data.side);
    const { seq, at, by, hash } = event;
    return `  ${String(seq).padStart(3)}  ${at.slice(11, 19)}  ${hash.slice(0, 8)}  ${(names.get(by) ?? by).padEnd(7)} ${describe(event)}`;
  });
  const verdict = report.fault
    ? `does not verify: event ${report.fault.seq} ${report.fault.message}`
    : "verifies: nothing was changed, removed or put in";
  return `${output} and ${need} in the room of ${matchId}:
${lines.join("\n")}
Round ${round}: agreed on the offer ${agreementHash}. The log ${verdict}.
`;
}

function describe({ type, data }: RoomEvent): string {
  if (type === "offer.proposed" || type === "offer.countered")
    return `${type} ${data.hash.slice(0, 8)}: ${describeTerms(data.terms)}`;
  if (type === "agreement.confirmed") return `${type} ${data.hash.slice(0, 8)}: ${data.exchangeId}`;
  if (type === "offer.accepted") return `${type} ${data.hash.slice(0, 8)}`;
  if (type === "member.joined") return `${type}: ${data.role} of the ${data.side}`;
  return type;
}

function describeTerms({ quantity, price, from, until }: OfferTerms): string {
  return `${quantity.amount} ${quantity.unit} at ${price.amount} ${price.currency}/${price.per}, ${from} to ${until ?? "an open end"}`;
}
