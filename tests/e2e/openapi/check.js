// SPDX-License-Identifier: Apache-2.0
// check.js: is what a running daemon says of itself an OpenAPI 3.1 document, and does it answer
// under every address it names? One line per check; ends with `N passed, N failed`.
import { Validator } from "@seriousme/openapi-schema-validator";
import { check, end } from "./tally.cjs";

const url = process.argv[2];

const answer = await fetch(`${url}/openapi.json`);
check("openapi.json is there", answer.status === 200, answer.status);
const document = await answer.json();

const validator = new Validator();
const result = await validator.validate(structuredClone(document));
check("valid", result.valid, JSON.stringify(result.errors)?.slice(0, 500));
check("version 3.1", validator.version === "3.1", validator.version);

// Without a key every route must refuse or answer, never be unknown.
const ids = new Set();
for (const [pattern, operations] of Object.entries(document.paths)) {
	for (const [method, operation] of Object.entries(operations)) {
		check(`${operation.operationId} is named once`, !ids.has(operation.operationId));
		ids.add(operation.operationId);
		const path = pattern.replace(/\{[^}]+\}/, "x");
		const body = method === "post" ? "{}" : undefined;
		const headers = body ? { "Content-Type": "application/json" } : {};
		const reply = await fetch(url + path, { method, body, headers });
		const text = await reply.text();
		const known = reply.status !== 405 && !text.includes("no_such_route");
		check(`${method} ${pattern} is served`, known, reply.status);
		const secured = operation.security.length > 0 &&
			operation.security.every((s) => Object.keys(s).length > 0);
		if (secured) {
			check(`${method} ${pattern} refuses strangers`, [401, 404].includes(reply.status), reply.status);
		}
		// What is behind the links of a mail answers people, with a page or a picture.
		const forPeople = /^(text\/html|image\/)/.test(reply.headers.get("content-type") ?? "");
		if (reply.status >= 400 && forPeople) {
			check(`${method} ${pattern} answers with a page`, reply.status !== 500, text);
		} else if (reply.status >= 400) {
			const error = JSON.parse(text).error ?? {};
			check(`${method} ${pattern} has the envelope`, error.type && error.code && error.request_id, text);
		}
	}
}
check("Segment's routes are described", ids.has("segment_batch") && ids.has("segment_track"));

end();
