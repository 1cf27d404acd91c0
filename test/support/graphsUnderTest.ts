import type { Graph } from "../../src/stores/graph/port.ts";
import { createSqlGraph } from "../../src/stores/graph/sql/graph.ts";
import { enginesUnderTest } from "./engineUnderTest.ts";
import { openStoresUnderTest } from "./storesUnderTest.ts";

export type GraphUnderTest = {
  /** A graph as each request has one. */
  open(signal?: AbortSignal): Graph;
  /** Takes everything out, the generations too, as somebody would by hand. */
  empty(): Promise<void>;
  /** Changes the title of a flow by hand. */
  retitle(flowId: string, title: string): Promise<void>;
  close(): Promise<void>;
};

const tables = ["organizations", "sites", "flows", "grades", "matches", "exchanges", "generations"];

/** Each adapter with what it stands on. */
export const graphsUnderTest: { name: string; open(): Promise<GraphUnderTest> }[] = [
  ...enginesUnderTest.map((engine) => ({
    name: `SQL on ${engine}`,
    async open(): Promise<GraphUnderTest> {
      const stores = await openStoresUnderTest(engine);
      return {
        open: (signal) => createSqlGraph(stores.connect(signal)),
        empty: () => stores.script(tables.map((table) => `DELETE FROM graph_${table};`).join(" ")),
        retitle: async (flowId, title): Promise<void> => {
          await stores.run("UPDATE graph_flows SET title = $2 WHERE id = $1", [flowId, title]);
        },
        close: () => stores.close(),
      };
    },
  })),
];
