/* SPDX-License-Identifier: Apache-2.0
 * bots.c: is a person behind this user agent? A table of words, not of programs: crawlers come and
 * go, the words they use for themselves stay. What it finds is kept and flagged, never dropped: a
 * wrong word costs a score, not a lead. Under a microsecond; a regular expression of the same words
 * takes ten times as long. */
#include "base/hash.h"
#include "ingest/ingest.h"

#define JUDGED_BYTES 512
#define REMEMBERED 32u
#define REMEMBERED_BYTES 256u

/* Words at their place in the text, by their first two letters: most places of a browser's name
 * have no bucket. '|' parts words, '$' ends one that must end there. Lower case. P's second letter
 * is '{' (behind 'z') where it is none. */
#define P(first, second) (((first) - 'a') * 27 + ((second) - 'a'))
static const char *const words[26 * 27] = {
	[P('a', 'b')] = "abuse",
	[P('a', 'c')] = "acunetix",
	[P('a', 'd')] = "addthis|admantx|advisor",
	[P('a', 'g')] = "agent$",
	[P('a', 'h')] = "ahrefs",
	[P('a', 'l')] = "alertsite",
	[P('a', 'n')] = "analyz|anthropic",
	[P('a', 'p')] = "appinsights",
	[P('a', 'r')] = "archive|archiver",
	[P('a', 'u')] = "audit",
	[P('b', 'a')] = "barracuda",
	[P('b', 'i')] = "bingpreview",
	[P('b', 'l')] = "bluecoat",
	[P('b', 'o')] = "bot$|bot-|bot/|bot;|bot_|bots$",
	[P('b', 'r')] = "browsex",
	[P('b', 'u')] = "bubing|burpcollab",
	[P('b', 'w')] = "bw/",
	[P('b', 'y')] = "bytespider",
	[P('c', 'a')] = "capture|catch",
	[P('c', 'e')] = "censys",
	[P('c', 'h')] = "chatgpt|check$|checker",
	[P('c', 'l')] = "clamav|classifier|claude|cloudflare",
	[P('c', 'o')] = "collapsify|compatible; |cookiehub",
	[P('c', 'r')] = "crawl",
	[P('c', 'u')] = "cursor/",
	[P('c', 'y')] = "cypress",
	[P('d', 'a')] = "dareboost|datanyze|daum ",
	[P('d', 'c')] = "dcv$",
	[P('d', 'e')] = "dejaclick|detect|devin/",
	[P('d', 'i')] = "digincore|discovery|dispatch",
	[P('d', 'm')] = "dmbrowser",
	[P('d', 'o')] = "download",
	[P('d', 'u')] = "duplexweb",
	[P('e', 'l')] = "electricmonk",
	[P('e', 'v')] = "evaluat",
	[P('e', 'x')] = "exaleadcloudview|extract",
	[P('e', 'z')] = "ezooms",
	[P('f', 'a')] = "facebookcatalog|facebookexternalhit|fake_useragent",
	[P('f', 'e')] = "feed|fetcher",
	[P('f', 'i')] = "firephp",
	[P('f', 'l')] = "flipboardproxy",
	[P('f', 'o')] = "foregenix|forensic",
	[P('f', 'u')] = "functionize|fuzz",
	[P('g', 'g')] = "ggpht",
	[P('g', 'o')] = "gomez|google favicon|google web preview|google-|googleimageproxy|"
			"googleother|googleweblight",
	[P('g', 'p')] = "gptbot",
	[P('g', 'r')] = "grab",
	[P('g', 't')] = "gtmetrix",
	[P('g', 'u')] = "guzzle",
	[P('h', 'a')] = "hardenize|harvest|hatena",
	[P('h', 'e')] = "headless|heritrix|hexometer",
	[P('h', 'o')] = "hobbit|hotjar",
	[P('h', 't')] = "http://|http_|httpclient|https://|httpx|httrack",
	[P('h', 'u')] = "hubspot",
	[P('h', 'w')] = "hwcdn",
	[P('h', 'y')] = "hydra",
	[P('i', 'a')] = "ia_archiver",
	[P('i', 'b')] = "ibisbrowser",
	[P('i', 'c')] = "ichiro",
	[P('i', 'm')] = "imageproxy",
	[P('i', 'n')] = "indexer|info@|insight|inspect",
	[P('i', 'p')] = "iplabel|ips-agent",
	[P('j', 'a')] = "java/",
	[P('j', 'e')] = "jersey",
	[P('j', 'i')] = "jigsaw",
	[P('j', 'o')] = "jobhunter|jorgee",
	[P('k', 'u')] = "kube-",
	[P('l', 'a')] = "larbin",
	[P('l', 'i')] = "libcurl|library|librss|libwww-perl|lighthouse|linkcheck|"
			"linkedinbot|linktiger",
	[P('l', 'w')] = "lwp-",
	[P('m', 'a')] = "mail.ru/|majestic|manager|marketgoo|masscan",
	[P('m', 'e')] = "measure|mechanize|mediapartners|meltwater|meta-external|metauri",
	[P('m', 'i')] = "microsoft bits|microsoft preview|microsoft-crypto|mimecast|"
			"miniflux|mixnode",
	[P('m', 'o')] = "monitor|morningscore",
	[P('n', 'a')] = "nagios",
	[P('n', 'e')] = "netcraft|neustar wpm|newrelic|newsgator",
	[P('n', 'i')] = "nibbler|nikto",
	[P('n', 'm')] = "nmap",
	[P('n', 'o')] = "node-",
	[P('n', 'u')] = "nutch|nuzzel",
	[P('o', 'f')] = "offbyone|office existence",
	[P('o', 'k')] = "okhttp",
	[P('o', 'n')] = "oncrawl",
	[P('o', 'p')] = "openai|openvas|optimiz",
	[P('o', 'r')] = "ort/",
	[P('o', 'u')] = "outbrain",
	[P('o', 'w')] = "owler",
	[P('p', 'a')] = "page speed|pageburst|pagespeed|parser",
	[P('p', 'e')] = "perl$|perplexity",
	[P('p', 'h')] = "phantomjs|php/",
	[P('p', 'i')] = "pingdom",
	[P('p', 'l')] = "playwright",
	[P('p', 'o')] = "powermarks",
	[P('p', 'r')] = "prerender|preview|probe|productfinder|proofpoint|proxy",
	[P('p', 't')] = "ptst",
	[P('p', 'u')] = "puppeteer",
	[P('p', 'y')] = "python",
	[P('q', 'q')] = "qqdownload",
	[P('q', 'u')] = "quester|quora",
	[P('q', 'w')] = "qwant",
	[P('r', 'a')] = "radar",
	[P('r', 'e')] = "readability|readable/|render|request|reqwest|resolver|rest-client|"
			"rest_client|restsharp|retriev",
	[P('r', 'i')] = "rigor$|rigor)",
	[P('r', 'o')] = "robot",
	[P('r', 's')] = "rss$",
	[P('r', 'u')] = "ruby",
	[P('s', 'a')] = "safelinks",
	[P('s', 'c')] = "scan$|scan/|scanner|scooter|scope3|scrap|screaming",
	[P('s', 'e')] = "searchbot|securityheaders|select load_file|selenium|semrush|seo|"
			"server",
	[P('s', 'i')] = "silktide|sindup|site24x7|siteaudit|sitesucker",
	[P('s', 'k')] = "skypeuripreview",
	[P('s', 'l')] = "slackbot|slurp",
	[P('s', 'n')] = "snoopy",
	[P('s', 'o')] = "sogou web",
	[P('s', 'p')] = "sparkler|speedcurve|spider|splash",
	[P('s', 't')] = "statuscake",
	[P('s', 'u')] = "sucuri",
	[P('s', 'y')] = "synapse|synthetic",
	[P('t', 'e')] = "teoma|testlocally",
	[P('t', 'h')] = "thumbor",
	[P('t', 'i')] = "tineye",
	[P('t', 'o')] = "tools|torrent",
	[P('t', 'r')] = "tracemyfile|trance/|transcoder|trend micro",
	[P('t', 'u')] = "turnitin",
	[P('t', 'w')] = "twingly",
	[P('t', 'y')] = "typhoeus",
	[P('u', 'n')] = "undici|unfurl",
	[P('u', 'p')] = "upday/|uptime",
	[P('u', 'r')] = "url|urllib",
	[P('u', 's')] = "user agent|user_agent",
	[P('v', 'a')] = "validat",
	[P('v', 'e')] = "verifi|verify",
	[P('v', 'i')] = "virtuoso|virustotal",
	[P('v', 'k')] = "vkshare",
	[P('w', 'a')] = "wappalyzer|watchtowr",
	[P('w', 'e')] = "webcollage|webcopier|webglance|webhook|webindex|webkit2png|"
			"webmaster|webmoney|webpurify|webtech|webzip",
	[P('w', 'h')] = "whatcms|whatweb",
	[P('w', 'i')] = "winhttp",
	[P('w', 'w')] = "www-mech|www.",
	[P('w', '{')] = "w3c_",
	[P('x', 'a')] = "xaxis",
	[P('x', 'e')] = "xenu",
	[P('x', 'i')] = "xing-",
	[P('x', 't')] = "xtate/",
	[P('y', 'a')] = "yacy|yahoomail|yandex.com/bots|yandeximages",
	[P('y', 'e')] = "yeti/",
	[P('z', 'a')] = "zabbix",
	[P('z', 'e')] = "zend_http|zermelo",
	[P('z', 'g')] = "zgrab",
	[P('z', 's')] = "zscaler",
	[P('z', 'y')] = "zyborg",
};

/* Words only at the very beginning, by their first letter. */
static const char *const openings[26] = {
	['a' - 'a'] = "active|amaya|anonymous, |ansible|apache|axios|azure",
	['b' - 'a'] = "bot",
	['c' - 'a'] = "curl",
	['d' - 'a'] = "datadog|ddg|discourse|downcast",
	['e' - 'a'] = "email|exodus",
	['f' - 'a'] = "facebook",
	['g' - 'a'] = "go 1|go http|go-|google|googleasso|got |grpc",
	['h' - 'a'] = "http",
	['i' - 'a'] = "iframely|ifttt|igetter",
	['j' - 'a'] = "jakarta|java|jetty",
	['k' - 'a'] = "ktor",
	['l' - 'a'] = "lua",
	['m' - 'a'] = "monit",
	['n' - 'a'] = "navermailapp|netlyzer|nginx|ning|node",
	['o' - 'a'] = "offline",
	['p' - 'a'] = "php|placid|postman|prometheus",
	['r' - 'a'] = "rank|read|remove|rest|rome",
	['s' - 'a'] = "search|slack|snapchat|svn|symfony",
	['t' - 'a'] = "test|time/|track|twilio|twitter",
	['u' - 'a'] = "updown|user-agent",
	['v' - 'a'] = "vyhled",
	['w' - 'a'] = "w3c|wget|whatsapp|wordpress",
	['x' - 'a'] = "xymon",
	['y' - 'a'] = "yahoo|yandex",
	['z' - 'a'] = "zdm/|zendesk|zmeu|zoom ",
};

/* Bits of real browsers that hold a bot's word: "Cubot" is a telephone. Blanked before the scan.
 * They begin with c, l or s (blank_innocent). */
static const struct str innocent[] = {
	STR("cubot"),
	STR("camscanner"),
	STR("compatible; msie"),
	STR("compatible; u;"),
	STR("compatible; ibrowse"),
	STR("compatible; konqueror"),
	STR("libwww-fm"),
	STR("server_"),
	STR("compatible; ms-office"),
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static const char *bucket(char first, char second)
{
	return words[P(first, is_letter(second) ? second : '{')];
}

/* Any word of a list at one place of the text. */
static bool any_word(const char *list, struct str rest)
{
	while (list && *list) {
		size_t n = 0;
		while (list[n] && list[n] != '|')
			n++;
		size_t len = n - (list[n - 1] == '$');
		if (rest.n >= len && memcmp(rest.p, list, len) == 0 &&
		    (len == n || len == rest.n || !is_letter(rest.p[len])))
			return true;
		list += n + (list[n] == '|');
	}
	return false;
}

/* One look at every letter: most begin none of them. */
static void blank_innocent(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != 'c' && p[i] != 'l' && p[i] != 's')
			continue;
		for (size_t k = 0; k < sizeof innocent / sizeof innocent[0]; k++)
			if (innocent[k].n <= n - i &&
			    memcmp(p + i, innocent[k].p, innocent[k].n) == 0)
				memset(p + i, '_', innocent[k].n);
	}
}

/* One product and nothing else, "Thing/1.0": a program that never claimed to be a browser. */
static bool bare_product(struct str ua)
{
	size_t slashes = 0;
	if (str_find_byte(ua, '(') < ua.n)
		return false;
	for (size_t i = 0; i < ua.n; i++)
		slashes += ua.p[i] == '/';
	return slashes <= 1 && !str_starts(ua, STR("mozilla/")) && !str_starts(ua, STR("opera"));
}

static uint32_t judge(struct str user_agent)
{
	char text[JUDGED_BYTES];
	struct str ua = {text, 0};
	for (; ua.n < user_agent.n && ua.n < sizeof text; ua.n++)
		text[ua.n] = lower(user_agent.p[ua.n]);
	blank_innocent(text, ua.n);
	if (str_is(ua, "mozilla/5.0"))
		return EVENT_MACHINE; /* Apple Mail fetches for everybody and says only this */
	if (bare_product(ua) || (is_letter(text[0]) && any_word(openings[text[0] - 'a'], ua)))
		return EVENT_BOT;
	for (size_t i = 0; i + 1 < ua.n; i++)
		if (is_letter(text[i]) &&
		    any_word(bucket(text[i], text[i + 1]), str_slice(ua, i, ua.n)))
			return EVENT_BOT;
	return 0;
}

/* Most requests say what one shortly before them said. A thread remembers its last judgements, by
 * the whole text: reading it for some 400 words costs as much as parsing a small event. */
uint32_t ingest_bot_flags(struct str user_agent)
{
	static _Thread_local struct {
		char text[REMEMBERED_BYTES];
		size_t n; /* 0: free */
		uint32_t flags;
	} remembered[REMEMBERED];
	user_agent = str_trim(user_agent);
	if (user_agent.n == 0)
		return 0;
	if (user_agent.n > REMEMBERED_BYTES)
		return judge(user_agent);
	size_t place = (size_t)hash_str(user_agent, 0) % REMEMBERED;
	if (!str_eq(str_n(remembered[place].text, remembered[place].n), user_agent)) {
		remembered[place].flags = judge(user_agent);
		remembered[place].n = user_agent.n;
		memcpy(remembered[place].text, user_agent.p, user_agent.n);
	}
	return remembered[place].flags;
}

uint32_t ingest_purpose_flags(struct str sec_purpose)
{
	static const char *const ahead[] = {"prefetch", "prerender", "preview", "instant"};
	for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i++)
		for (size_t at = 0; at + strlen(ahead[i]) <= sec_purpose.n; at++)
			if (str_eq_nocase(str_n(sec_purpose.p + at, strlen(ahead[i])),
					  str_of(ahead[i])))
				return EVENT_MACHINE;
	return 0;
}
