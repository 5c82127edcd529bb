// GrowthBook's JavaScript SDK on our payload: which value and variant each user gets of each feature.
// node growthbook.mjs <host> <client key> <questions.json>; the answers go to standard output
import { readFileSync } from "node:fs";
import { GrowthBookClient } from "@growthbook/growthbook";

const [apiHost, clientKey, file] = process.argv.slice(2);
const { keys, users } = JSON.parse(readFileSync(file, "utf8"));

const client = new GrowthBookClient({ apiHost, clientKey });
const { success, error } = await client.init({ timeout: 20000 });
if (!success) throw error ?? new Error("no payload");

const answers = users.map((attributes) =>
  keys.map((key) => {
    const found = client.evalFeature(key, { attributes });
    const experiment = found.experimentResult;
    return [found.value, experiment?.inExperiment ? experiment.key : null];
  }),
);
process.stdout.write(JSON.stringify(answers));
