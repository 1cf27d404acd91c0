import { measureBundle } from "../bundles.ts";
import { atMost, createFigure, type Figure } from "../figures.ts";
import type { Stage } from "../stage.ts";

/** What a deployment sends. */
export async function measureBundleSize({ bundlePath }: Stage): Promise<Figure[]> {
  const { rawKb, gzipKb } = measureBundle(bundlePath);
  return [
    createFigure({
      measure: "bundle",
      name: "production bundle, gzip",
      value: gzipKb,
      unit: "kB",
      target: atMost(600),
      note: "wrangler deploy --dry-run --minify",
    }),
    createFigure({ measure: "bundle", name: "production bundle, raw", value: rawKb, unit: "kB" }),
  ];
}
