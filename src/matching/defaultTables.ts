import approachTemperatures from "../domain/reference/approach.json" with { type: "json" };
import closing from "../domain/reference/closing.json" with { type: "json" };
import energy from "../domain/reference/energy.json" with { type: "json" };
import exchangeRates from "../domain/reference/exchangeRates.json" with { type: "json" };
import near from "../domain/reference/near.json" with { type: "json" };
import properties from "../domain/reference/properties.json" with { type: "json" };
import transport from "../domain/reference/transport.json" with { type: "json" };
import scoring from "./scoring.json" with { type: "json" };

/** The project's own tables; README.md of the folder they come from says what each holds. */
export const defaultTables: unknown = {
  scoring,
  transport,
  near,
  approachTemperatures,
  closing,
  energy,
  properties,
  exchangeRates,
};
