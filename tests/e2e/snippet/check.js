// SPDX-License-Identifier: Apache-2.0
// check.js: a real browser on pages with the snippet. What arrives at the daemon, what does not, and
// whom the browser talks to. One line per failure; ends with `N passed, N failed`.
const http = require("http");
const { execFileSync } = require("child_process");
const { chromium } = require("playwright-core");
const { check, end } = require("./tally.cjs");

const [url, key, nurtured, data, browserPath] = process.argv.slice(2);

function page(title, attributes) {
	return `<!doctype html><title>${title}</title>
<script async src="${url}/n.js" data-key="${key}" ${attributes}></script>
<div style="height:4000px">tall</div>
<form data-nurtured="ebook" method="post" action="/thanks">
<input name="email"><input name="company"><input name="secret" type="password" value="s3cret">
<input type="hidden" name="consent_wording" value="Yes, mail me">
<input type="checkbox" name="consent"><button>Send</button></form>`;
}

const pages = http.createServer((request, reply) => {
	const wait = request.url.startsWith("/wait");
	reply.writeHead(200, { "Content-Type": "text/html" });
	reply.end(request.url === "/thanks" ? "<!doctype html><title>Thanks</title>thanks"
		: page("Pricing of things", wait ? 'data-consent="wait"' : 'data-page="Pricing"'));
});

function timeline(lead) {
	try {
		const text = execFileSync(nurtured, ["events", "--data", data, "--lead", lead, "--json"],
			{ stdio: ["ignore", "pipe", "ignore"] });
		return JSON.parse(text).events;
	} catch {
		return [];
	}
}

async function until(what, ms = 8000) {
	const end = Date.now() + ms;
	while (Date.now() < end) {
		if (await what()) return true;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	return false;
}

async function visit(browser, site, path, before) {
	const context = await browser.newContext({ locale: "de-DE", timezoneId: "Europe/Berlin" });
	const tab = await context.newPage();
	const seen = { sent: [], hosts: new Set(), errors: [] };
	if (before) await context.addInitScript(before);
	tab.on("request", (request) => {
		const to = new URL(request.url());
		seen.hosts.add(to.host);
		if (to.origin === url && to.pathname !== "/n.js") seen.sent.push(to.pathname);
	});
	tab.on("pageerror", (error) => seen.errors.push(String(error)));
	await tab.goto(site + path);
	await tab.waitForFunction("window.nurtured");
	return { context, tab, seen };
}

async function readAndSend(browser, site) {
	const { context, tab, seen } = await visit(browser, site, "/?utm_source=ads", null);
	check("a page view is sent", await until(() => seen.sent.includes("/v1/batch")));
	await tab.evaluate("window.scrollTo(0, 2000)");
	await tab.waitForTimeout(200);
	await tab.fill("[name=email]", "jo@acme.example");
	await tab.fill("[name=company]", "Acme");
	await tab.check("[name=consent]");
	await tab.evaluate("document.querySelector('button').click()");
	await tab.waitForURL("**/thanks");
	const whole = await until(() => timeline("jo@acme.example").length >= 3);
	const events = timeline("jo@acme.example");
	const types = events.map((e) => e.type).sort().join(" ");
	check("page, reading and form are one person's", whole && types === "form.ebook page.pricing page_read",
		types);
	const form = events.find((e) => e.type === "form.ebook") || {};
	check("the consent came with its wording", form.properties?.consent?.wording === "Yes, mail me" &&
		form.properties.consent.given === true, JSON.stringify(form));
	check("no password", !JSON.stringify(events).includes("s3cret"));
	const read = events.find((e) => e.type === "page_read") || {};
	check("how far it was read", read.properties?.scroll >= 40 && read.properties.scroll <= 100,
		JSON.stringify(read));
	check("nobody else was asked", [...seen.hosts].every((h) => h === new URL(url).host ||
		h === new URL(site).host), [...seen.hosts].join());
	check("no errors", seen.errors.length === 0, seen.errors.join());
	await context.close();
}

async function silent(browser, site, name, script) {
	const { context, tab, seen } = await visit(browser, site, "/", script);
	await tab.evaluate("nurtured.track('X'); nurtured.consent(true); window.scrollTo(0, 900)");
	await tab.fill("[name=email]", `${name}@acme.example`);
	await tab.evaluate("document.querySelector('button').click()");
	await tab.waitForURL("**/thanks");
	await tab.waitForTimeout(800);
	const kept = await tab.evaluate("localStorage.length + document.cookie.length");
	check(`${name}: nothing is sent`, seen.sent.length === 0, seen.sent.join());
	check(`${name}: nothing is stored`, kept === 0, kept);
	await context.close();
}

async function waits(browser, site) {
	const { context, tab, seen } = await visit(browser, site, "/wait", null);
	await tab.waitForTimeout(800);
	const kept = await tab.evaluate("localStorage.length + document.cookie.length");
	check("before the consent nothing is sent or stored", seen.sent.length === 0 && kept === 0);
	await tab.evaluate("nurtured.identify('waiter'); nurtured.consent(true)");
	check("after it what waited is", await until(() => timeline("waiter").length >= 2),
		JSON.stringify(timeline("waiter")));
	await context.close();
}

async function offline(browser, site) {
	const { context, tab } = await visit(browser, site, "/", null);
	await tab.evaluate("nurtured.identify('off')");
	await until(() => timeline("off").length >= 2);
	await context.setOffline(true);
	await tab.evaluate("nurtured.track('Kept')");
	await tab.waitForTimeout(1000);
	await context.setOffline(false);
	const there = await until(() => timeline("off").some((e) => e.type === "kept"));
	check("what happened offline arrives, once",
		there && timeline("off").filter((e) => e.type === "kept").length === 1);
	await context.close();
}

async function main() {
	await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
	const site = `http://localhost:${pages.address().port}`;
	const browser = await chromium.launch({ executablePath: browserPath,
		args: ["--no-sandbox", "--disable-dev-shm-usage"] });
	await readAndSend(browser, site);
	await silent(browser, site, "dnt",
		"Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' })");
	await silent(browser, site, "gpc",
		"Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })");
	await waits(browser, site);
	await offline(browser, site);
	await browser.close();
	pages.close();
	end();
}

main().catch((error) => {
	check("it ran to its end", false, error.stack);
	end();
});
