// Verifies messages with the library of the Standard Webhooks specification for JavaScript: one JSON
// line `{"secret", "headers", "body"}` in, one line `ok` or `refused: why` out.

import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    console.log("ok");
  } catch (error) {
    console.log(`refused: ${error.message}`);
  }
}
