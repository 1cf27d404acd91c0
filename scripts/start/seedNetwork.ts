import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { type ApiClient, ApiRefusal } from "./apiClient.ts";
import { readIfThere, writePrivateFile } from "./files.ts";
import { StartProblem } from "./problem.ts";
import type { Progress } from "./progress.ts";
import { type SampleNetwork, toExchange, toFlow, toOrganization, toSite } from "./sampleNetwork.ts";

const seededSchema = z.strictObject({
  /** One API key for each organization, by the organization's key in the sample. */
  keys: z.record(z.string(), z.string()),
  /** The flows' ids by their keys in the sample. */
  flowIds: z.record(z.string(), z.string()),
  /** How many of the sample's exchanges are recorded: none in a folder of before there were any. */
  exchanges: z.int().default(0),
  /** Of the sample that was loaded completely; null while that is still going on. */
  digest: z.string().nullable(),
});
export type SeededNetwork = z.infer<typeof seededSchema>;

/** What POST /v1/organizations answers, as far as it is needed here. */
type CreatedOrganization = { apiKey: { key: string } };

/**
 * Loads the sample network through the public API: the operator makes the organizations, each organization writes its
 * own sites and flows, and the operator records the exchanges. What is there already stays; a load that was broken off goes on where it stopped.
 */
export async function seedNetwork(
  network: SampleNetwork,
  api: ApiClient,
  operatorKey: string,
  dataFolder: string,
  progress: Progress,
): Promise<SeededNetwork> {
  const path = join(dataFolder, "network.json");
  const seeded = readSeeded(path);
  const digest = createHash("sha256").update(JSON.stringify(network)).digest("hex");
  const save = () => writePrivateFile(path, `${JSON.stringify(seeded, null, 2)}\n`);
  if (seeded.digest === digest) {
    await checkKeys(seeded, api, path);
    await recordExchanges(network, api, operatorKey, seeded, save);
    progress(`The Kalundborg network is there: ${network.flows.length} flows`);
    return seeded;
  }
  for (const organization of network.organizations) {
    if (seeded.keys[organization.key]) continue;
    seeded.keys[organization.key] = await createOrganization(organization, api, operatorKey, path);
    save();
  }
  progress(`${network.organizations.length} organizations have their keys`);
  const siteIds: Record<string, string> = {};
  const keyOf = (siteKey: string) => seeded.keys[network.sites.find(({ key }) => key === siteKey)!.organization]!;
  for (const site of network.sites) {
    const { id } = await api.put<{ id: string }>(
      byExternalId("sites", site.key),
      keyOf(site.key),
      toSite(site, network),
    );
    siteIds[site.key] = id;
  }
  for (const flow of network.flows) {
    const body = toFlow(flow, siteIds[flow.site]!, network);
    const { id } = await api.put<{ id: string }>(byExternalId("flows", flow.key), keyOf(flow.site), body);
    seeded.flowIds[flow.key] = id;
  }
  await recordExchanges(network, api, operatorKey, seeded, save);
  seeded.digest = digest;
  save();
  progress(
    `${network.sites.length} sites and ${network.flows.length} flows written with the organizations' own keys, ${network.exchanges.length} exchanges recorded`,
  );
  return seeded;
}

/** The exchanges that were really built, recorded by the operator; what is recorded already stays. */
async function recordExchanges(
  network: SampleNetwork,
  api: ApiClient,
  operatorKey: string,
  seeded: SeededNetwork,
  save: () => void,
): Promise<void> {
  if (seeded.exchanges === network.exchanges.length) return;
  for (const exchange of network.exchanges) {
    const { externalId, body } = toExchange(exchange, network, seeded.flowIds);
    try {
      await api.put(byExternalId("exchanges", externalId), operatorKey, body);
    } catch (error) {
      // In a folder that is older than this, an owner may have taken a flow away.
      if (!(error instanceof ApiRefusal && [404, 409].includes(error.status))) throw error;
    }
  }
  seeded.exchanges = network.exchanges.length;
  save();
}

function byExternalId(noun: string, key: string): string {
  return `/v1/${noun}/by-external-id/${encodeURIComponent(key)}`;
}

function readSeeded(path: string): SeededNetwork {
  const text = readIfThere(path);
  if (text === null) return { keys: {}, flowIds: {}, exchanges: 0, digest: null };
  try {
    return seededSchema.parse(JSON.parse(text));
  } catch {
    throw new StartProblem(`${path}, which holds the organizations' keys, is damaged; start anew with --fresh`);
  }
}

async function createOrganization(
  organization: SampleNetwork["organizations"][number],
  api: ApiClient,
  operatorKey: string,
  path: string,
): Promise<string> {
  try {
    const body = toOrganization(organization);
    const created = await api.post<CreatedOrganization>(
      "/v1/organizations",
      operatorKey,
      body,
      `sample-organization-${organization.key}`,
    );
    return created.apiKey.key;
  } catch (error) {
    // Its key was shown once, to a start that was killed before it could note it, or whose note is gone.
    if (error instanceof ApiRefusal && error.status === 409)
      throw new StartProblem(
        `the database has the organization "${organization.key}" but ${path} has not its key; start anew with --fresh`,
      );
    throw error;
  }
}

async function checkKeys(seeded: SeededNetwork, api: ApiClient, path: string): Promise<void> {
  const key = Object.values(seeded.keys)[0];
  if (!key) return;
  try {
    await api.get("/v1/me", key);
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 401)
      throw new StartProblem(`the keys in ${path} are not those of this database; start anew with --fresh`);
    throw error;
  }
}
