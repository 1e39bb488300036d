// SPDX-License-Identifier: Apache-2.0
// check.js: three SDKs of others send five calls each, through a proxy that lets the daemon take
// every batch in and then tells the client that it failed. So each SDK sends all of it again, by its
// own rules, and nothing of that may count twice. One line per failure; ends with `N passed, N failed`.
const http = require("http");
const zlib = require("zlib");
const { check, end } = require("./tally.cjs");

const [url, key] = process.argv.slice(2);
const target = new URL(url);
const seen = new Map(); // body -> how often it came
let encodings = new Set();
let requests = 0;

function forward(request, body) {
	return new Promise((resolve, reject) => {
		const options = { host: target.hostname, port: target.port, path: request.url,
			method: request.method, headers: { ...request.headers, host: target.host } };
		const onward = http.request(options, (answer) => {
			const parts = [];
			answer.on("data", (part) => parts.push(part));
			answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(parts) }));
		});
		onward.on("error", reject);
		onward.end(body);
	});
}

const proxy = http.createServer((request, reply) => {
	const parts = [];
	request.on("data", (part) => parts.push(part));
	request.on("end", async () => {
		const body = Buffer.concat(parts);
		const gzip = request.headers["content-encoding"] === "gzip";
		const text = (gzip ? zlib.gunzipSync(body) : body).toString();
		const ids = JSON.parse(text).batch.map((item) => item.messageId).join(" ");
		const before = seen.get(ids) || 0;
		seen.set(ids, before + 1);
		requests += 1;
		encodings.add(gzip ? "gzip" : "plain");
		const answer = await forward(request, body);
		check(`the daemon takes ${request.headers["user-agent"]}`, answer.status === 200,
			`${answer.status} ${answer.body}`);
		reply.writeHead(before ? answer.status : 503, { "Content-Type": "application/json" });
		reply.end(before ? answer.body : "{}");
	});
});

function calls(client, who) {
	client.identify({ userId: who, traits: { email: `${who}@acme.example`, name: "A" } });
	client.track({ userId: who, event: "Pricing Viewed", properties: { url: "https://x.example/p" } });
	client.page({ anonymousId: `anon-${who}`, name: "Pricing", properties: { url: "https://x.example/p" } });
	client.group({ userId: who, groupId: "g1", traits: { name: "Acme", employees: 42 } });
	client.alias({ userId: who, previousId: `anon-${who}` });
}

async function metric(name) {
	const text = await (await fetch(`${url}/metrics`)).text();
	const line = text.split("\n").find((l) => l.startsWith(`${name} `));
	return line ? Number(line.split(" ")[1]) : NaN;
}

async function until(what, ms) {
	const end = Date.now() + ms;
	while (Date.now() < end) {
		if (await what()) return true;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return false;
}

// Every batch that a client sent has been sent again.
const allTwice = () => seen.size > 0 && [...seen.values()].every((n) => n > 1);

async function run(name, start, count) {
	const events = await metric("nurtured_ingest_events_total");
	seen.clear();
	await start();
	const good = await until(async () =>
		allTwice() && (await metric("nurtured_ingest_events_total")) >= events + count, 20000);
	check(`${name}: sent again`, good, JSON.stringify([...seen.values()]));
	const taken = (await metric("nurtured_ingest_events_total")) - events;
	check(`${name}: ${count} events, once each`, taken === count, `${taken}`);
}

async function main() {
	await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
	const host = `http://127.0.0.1:${proxy.address().port}`;

	const { Analytics } = require("@segment/analytics-node");
	await run("@segment/analytics-node", async () => {
		const client = new Analytics({ writeKey: key, host, flushAt: 20, maxRetries: 5 });
		client.on("error", () => {});
		calls(client, "u1");
		await client.closeAndFlush({ timeout: 15000 });
	}, 5);

	const Old = require("analytics-node");
	await run("analytics-node", async () => {
		const client = new Old(key, { host, flushAt: 20, flushInterval: 200, retryCount: 5 });
		calls(client, "u2");
		client.flush(() => {});
	}, 5);

	const rudder = require("@rudderstack/rudder-sdk-node");
	const Rudder = rudder.default || rudder;
	await run("@rudderstack/rudder-sdk-node", async () => {
		const client = new Rudder(key, { dataPlaneUrl: host, flushAt: 20, flushInterval: 200, gzip: true });
		calls(client, "u3");
		client.flush(() => {});
	}, 5);

	check("one of them compresses", encodings.has("gzip"), [...encodings].join());
	const duplicates = await metric("nurtured_ingest_duplicates_total");
	check("what came again was known", duplicates >= 15, `${duplicates}`);
	end();
}

main();
