import { createSecrets } from "./start/secrets.ts";

const { operatorKey, keyPepper } = createSecrets();
process.stdout.write(`OPERATOR_KEY=${operatorKey}\nKEY_PEPPER=${keyPepper}\n`);
