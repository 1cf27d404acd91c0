import { createId } from "../../../../src/domain/ids.ts";
import type { Attempt, Foreign, Ids } from "../attempts.ts";

const nobody = createId("organization");

const question = (foreign: Foreign, path: (ids: Ids) => string): Attempt => ({
  permission: "readNetwork",
  foreign,
  request: (ids) => ({ path: `/v1/network/${path(ids)}` }),
});
const of = ({ organizationId }: Ids) => `organizationId=${organizationId}`;

/** Of the network, which each sees as far as it may. */
export const networkAttempts: Record<string, Attempt> = {
  findNeighbours: question("missing", (ids) => `neighbours?${of(ids)}&steps=4`),
  findPaths: question("missing", ({ organizationId }) => `paths?from=${organizationId}&to=${nobody}`),
  findImpact: question("missing", (ids) => `impact?${of(ids)}`),
  listSimilar: question("missing", (ids) => `similar?${of(ids)}`),
  listHubs: question("hidden", () => "hubs?limit=200"),
  listLoops: question("hidden", () => "loops?limit=200"),
  exportNetwork: question("hidden", () => "export"),
};
