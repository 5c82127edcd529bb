// OpenFeature's JavaScript SDK with its OFREP provider, calling us: one flag for each user.
// node ofrep.mjs <base url> <token> <questions.json>; the answers go to standard output
import { readFileSync } from "node:fs";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const [baseUrl, token, file] = process.argv.slice(2);
const { questions } = JSON.parse(readFileSync(file, "utf8"));

const provider = new OFREPProvider({ baseUrl, headers: [["Authorization", `Bearer ${token}`]], timeoutMs: 60000 });
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();

const answers = new Array(questions.length);
let next = 0;
async function work() {
  while (next < questions.length) {
    const at = next++;
    const { key, context } = questions[at];
    const found = await client.getObjectDetails(key, { none: true }, context);
    answers[at] = [found.value, found.variant ?? null, found.reason, found.errorCode ?? null];
  }
}
await Promise.all(Array.from({ length: 8 }, work));
process.stdout.write(JSON.stringify(answers));
