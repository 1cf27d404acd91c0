import { join } from "node:path";
import { type ApiClient, createApiClient } from "../start/apiClient.ts";
import { StartProblem } from "../start/problem.ts";
import { loadSecrets } from "../start/secrets.ts";

export type Operator = { key: string; api: ApiClient };

export const connectionOptions = {
  url: { type: "string", default: process.env.TURASH_URL ?? "http://127.0.0.1:8787" },
  data: { type: "string", default: ".turash" },
  help: { type: "boolean", default: false },
} as const;

export const connectionUsage =
  "(--url or TURASH_URL: where the API is, 8787 of this machine; OPERATOR_KEY: the operator's key, else that of the data folder --data)";

/** Asks an API that runs, as its operator. */
export function connectAsOperator(url: string, data: string, signal: AbortSignal): Operator {
  if (!URL.canParse(url)) throw new StartProblem(`--url takes the address of the API, not "${url}"`);
  const key = process.env.OPERATOR_KEY ?? loadSecrets(join(process.cwd(), data)).operatorKey;
  return { key, api: createApiClient(url.replace(/\/+$/, ""), signal) };
}
