// SPDX-License-Identifier: Apache-2.0
// verify.cjs FILE: every webhook of the file, by the specification's own library.
const { readFileSync } = require("node:fs");
const { Webhook } = require("standardwebhooks");
const hook = new Webhook(process.env.HOOK_SECRET);
const got = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { headers, body } of got) hook.verify(body, headers);
let refused = false;
try {
  hook.verify(got[0].body.replace("handoff", "handon"), got[0].headers);
} catch {
  refused = true;
}
if (!refused) throw new Error("a changed body is believed");
console.log(`${got.length} verified`);
