import { type CallOptions, call, type Json } from "./client.ts";
import type { Tenant } from "./tenants.ts";

/** What records an exchange of two flows. */
export function exchangeContent(content: Json): Json {
  return { quantity: { amount: 1_000, unit: "t/a" }, ...content };
}

/** One call that records an exchange, by an organization's key or the operator's. */
export function putExchange(key: string, externalId: string, content: Json, options: CallOptions = {}) {
  return call("PUT", `/v1/exchanges/by-external-id/${externalId}`, {
    ...options,
    key,
    body: exchangeContent(content),
  });
}

/** An exchange that an organization has recorded, under a key that is new. */
export async function recordExchange(tenant: Tenant, content: Json): Promise<Json> {
  const { status, body, text } = await putExchange(tenant.key, crypto.randomUUID(), content);
  if (status !== 201) throw new Error(`the exchange was not recorded: ${text}`);
  return body;
}
