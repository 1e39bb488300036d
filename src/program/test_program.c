/* SPDX-License-Identifier: Apache-2.0
 * test_program.c: bad programs and exactly what is said about them: code, line, column, suggestion.
 * Every code has a case. Good programs load, and the same text gives the same hash. */
#include <stdlib.h>

#include "base/file.h"
#include "base/time.h"
#include "cel/cel.h"
#include "program/facts.h"
#include "program/program.h"
#include "program/test_help.h"

#define FIT(rules) HEAD "scoring:\n  fit:\n" rules /* rules at line 7 */
#define POINTS(rest) HEAD "scoring:\n  engagement:\n" rest

static const struct bad bads[] = {
	/* ---- YAML ---- */
	{"N100", HEAD "scoring:\n\tfit: []\n", 6, 1, 2, NULL, "tab"},
	{"N100", HEAD "scoring: {fit: [}\n", 5, 17, 18, NULL, NULL},
	{"N100", FIT("    - {if: \"a\\d\", points: 1}\n"), 7, 14, 0, NULL, "backslash"},
	{"N100", FIT("    - {if: 'a, points: 1}\n"), 7, 12, 0, NULL, "quote"},
	{"N100", FIT("    - if: a ? b : c\n      points: 1\n"), 7, 17, 0, NULL, "second `: `"},
	{"N100", FIT("    - if: \"x\" in account.tags\n      points: 1\n"), 7, 15, 0, NULL, NULL},
	{"N100", HEAD "scoring: {}\n---\na: 1\n", 6, 1, 0, NULL, "second document"},
	{"N100", HEAD "scoring: \"\xff\"\n", 5, 11, 12, NULL, "UTF-8"},
	{"N103", HEAD "scoring: {}\ngoal: lost\n", 6, 1, 5, NULL, "twice"},
	{"N104", HEAD "scoring: &a {}\n", 5, 10, 0, NULL, "anchors"},
	{"N104", FIT("    - {if: 'true', points: *x}\n"), 7, 28, 30, NULL, "aliases"},
	{"N104", FIT("    - if: !lead.known\n      points: 1\n"), 7, 11, 22, NULL, "tags"},
	{"N104", HEAD "scoring:\n  <<: {fit: []}\n", 6, 3, 5, NULL, "merge"},
	{"N105", HEAD "scoring: [[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", 5, 33,
	 34, NULL, "deep"},
	{"N109", "", 1, 1, 2, NULL, "empty"},
	{"N109", "# only words\n", 1, 1, 2, NULL, "empty"},
	/* ---- form ---- */
	{"N101", HEAD "scoring: {}\npersonnas: {}\n", 6, 1, 10, "personas", "no key \"personnas\""},
	{"N101", HEAD "scoring: {fitt: []}\n", 5, 11, 15, "fit", "`scoring:` has no key"},
	{"N101", HEAD "scoring: {}\nhalf_life: 3d\n", 6, 1, 10, NULL, NULL},
	{"N101", FIT("    - {if: 'true', points: 1, pionts: 2}\n"), 7, 31, 37, "points", NULL},
	{"N102", "nurture: 1\nprogram: p\ngoal: g\nsend_as: {name: I}\nscoring: {}\n", 4, 1, 8,
	 NULL, "needs a key \"from\""},
	{"N102", FIT("    - {points: 1}\n"), 7, 7, 8, NULL,
	 "this entry of `fit:` needs a key \"if\""},
	{"N102", "nurture: 1\nprogram: p\ngoal: g\nscoring: {}\n", 1, 1, 2, NULL, "\"send_as\""},
	{"N106", HEAD "scoring: {}\npersonas: {on: 'true'}\n", 6, 12, 14, "\"on\"", "`on:`"},
	{"N106", HEAD "scoring: {engagement: {points: {no: 3}}}\n", 5, 33, 35, "\"no\"", NULL},
	{"N107", HEAD "scoring: {}\nphone_country: NO\n", 6, 16, 18, "\"NO\"", NULL},
	{"N106", HEAD "scoring: {}\nconsent: {regions: {n: {countries: [SE], rule: opt_in}}}\n", 6,
	 21, 22, "\"n\"", NULL},
	{"N107", HEAD "scoring: {}\nconsent: {regions: {x: {countries: [SE, NO], rule: opt_in}}}\n",
	 6, 41, 43, "\"NO\"", NULL},
	{"N107", HEAD "scoring: {}\noutcomes: [off]\n", 6, 12, 15, "\"off\"", NULL},
	{"N108", HEAD "scoring: []\n", 5, 10, 11, NULL, "`scoring:` is a list"},
	{"N108", HEAD "scoring: {fit: {if: 'true', points: 1}}\n", 5, 16, 17, NULL,
	 "`fit:` is a section"},
	{"N108", HEAD "scoring: {}\noutcomes: won\n", 6, 11, 14, "[won]", "is one value"},
	{"N108", HEAD "scoring: {}\nphone_country: [DE]\n", 6, 16, 17, NULL, NULL},
	{"N108", "- a\n- b\n", 1, 1, 2, NULL, "a program is a list"},
	{"N109", HEAD "scoring: {fit: }\n", 5, 11, 14, NULL, "`fit:` is empty"},
	{"N109", HEAD "scoring: {}\npersonas: ~\n", 6, 1, 9, NULL, "`personas:` is empty"},
	{"N109", HEAD "scoring: {}\npersonas: {a: ''}\n", 6, 15, 17, NULL, "empty"},
	{"N110", FIT("    - {if: 'true', points: 40 points}\n"), 7, 28, 37, "40", NULL},
	{"N110", FIT("    - {if: 'true', points: \"40\"}\n"), 7, 28, 32, "40", "in quotes"},
	{"N110", FIT("    - {if: 'true', points: 08}\n"), 7, 28, 30, "8", NULL},
	{"N110", FIT("    - {if: 'true', points: many}\n"), 7, 28, 32, NULL, NULL},
	{"N110", FIT("    - {if: 'true', points: +5}\n"), 7, 28, 30, "5", NULL},
	{"N111", HEAD "scoring: {}\nconsent: {honour_dnt: yes}\n", 6, 23, 26, "true", NULL},
	{"N111", HEAD "scoring: {}\nconsent: {honour_dnt: maybe}\n", 6, 23, 28, NULL, NULL},
	{"N112", HEAD "scoring: {}\nconsent: {default: optin}\n", 6, 20, 25, "opt_in", NULL},
	{"N112", HEAD "scoring: {}\nconsent: {default: legitimate_interest}\n", 6, 20, 39,
	 "opt_out", NULL},
	{"N112", HEAD "scoring: {}\nfields: {lead: {a: strng}}\n", 6, 20, 25, "string", NULL},
	{"N112", HEAD "scoring: {}\nfeatures: {a: {kind: cuont}}\n", 6, 22, 27, "count", NULL},
	{"N113", POINTS("    half_life: 14 days\n"), 7, 16, 23, "14d",
	 "\"14 days\" is not a duration"},
	{"N113", POINTS("    half_life: 2 Weeks\n"), 7, 16, 23, "2w", NULL},
	{"N113", POINTS("    half_life: 14\n"), 7, 16, 18, "14d", NULL},
	{"N113", POINTS("    half_life: soon\n"), 7, 16, 20, NULL, NULL},
	{"N114", FIT("    - {if: 'true', points: 400}\n"), 7, 28, 31, NULL,
	 "points: 400 is above the limit of 100"},
	{"N114", POINTS("    half_life: 9000d\n"), 7, 16, 21, NULL, "above"},
	{"N114", HEAD "scoring: {tiers: {hot: {up: -1}}}\n", 5, 29, 31, NULL, "below"},
	{"N115",
	 "nurture: 1\nprogram: My Program\ngoal: g\nsend_as: {name: I, from: "
	 "i@x.example}\nscoring: {}\n",
	 2, 10, 20, "my-program", NULL},
	{"N115", HEAD "scoring: {}\npersonas: {ops-lead: 'true'}\n", 6, 12, 20, "ops_lead", NULL},
	{"N115", HEAD "scoring: {}\nfields: {lead: {Job Title: string}}\n", 6, 17, 26, "Job_Title",
	 NULL},
	{"N116", "nurture: 1\nprogram: p\ngoal: g\nsend_as: {name: I, from: ines}\nscoring: {}\n",
	 4, 26, 30, NULL, NULL},
	{"N116",
	 "nurture: 1\nprogram: p\ngoal: g\nsend_as: {name: I, from: I <i@x.example>}\nscoring: "
	 "{}\n",
	 4, 26, 41, "i@x.example", NULL},
	{"N117", HEAD "scoring: {}\nphone_country: uk\n", 6, 16, 18, "GB", NULL},
	{"N117", HEAD "scoring: {}\nphone_country: Germany\n", 6, 16, 23, "DE", NULL},
	{"N117", HEAD "scoring: {}\nphone_country: ZZ\n", 6, 16, 18, NULL, NULL},
	{"N118", HEAD "scoring: {}\nconsent: {purposes: []}\n", 6, 11, 19, NULL, "empty list"},
	{"N118", HEAD "scoring: {}\noutcomes: []\n", 6, 1, 9, NULL, NULL},
	{"N119", HEAD "scoring: {weights: {fit: 40, engagement: 0.6}}\n", 5, 26, 28, "40%", NULL},
	{"N119", HEAD "scoring: {weights: {fit: half, engagement: 0.6}}\n", 5, 26, 30, NULL, NULL},
	{"N120",
	 "nurture: 2\nprogram: p\ngoal: g\nsend_as: {name: I, from: i@x.example}\nscoring: {}\n", 1,
	 10, 11, "1", NULL},
	{"N121", POINTS("    points: {Page.Pricing: 3}\n"), 7, 14, 26, "page.pricing", NULL},
	{"N121", HEAD "scoring: {}\noutcomes: [Deal Won]\n", 6, 12, 20, "deal_won", NULL},
	{"N121", HEAD "scoring: {}\noutcomes: [deal.*]\n", 6, 12, 18, NULL, "family"},
	{"N122", HEAD "scoring: {}\ncontent: {a: b}\n", 6, 1, 8, NULL, "`content:`"},
	/* ---- conditions ---- */
	{"N201", FIT("    - {if: lead.title ==, points: 1}\n"), 7, 25, 0, NULL, NULL},
	{"N201", FIT("    - {if: 'lead.title === \"x\"', points: 1}\n"), 7, 24, 27, "==", NULL},
	{"N201", FIT("    - {if: lead.title = \"x\", points: 1}\n"), 7, 23, 24, "==", NULL},
	{"N201", FIT("    - {if: lead.known and lead.known, points: 1}\n"), 7, 23, 26, "&&", NULL},
	{"N202", FIT("    - {if: titel == \"x\", points: 1}\n"), 7, 12, 17, "lead.title", NULL},
	{"N202", FIT("    - {if: lead.employees > 5, points: 1}\n"), 7, 12, 16, "account", NULL},
	{"N202", POINTS("    points: {a: {points: 1, where: event.page.pth == \"x\"}}\n"), 7, 47,
	 50, "path", NULL},
	{"N202", POINTS("    points: {a: {points: 1, where: event.path == \"x\"}}\n"), 7, 42, 46,
	 "page.path", NULL},
	{"N202", POINTS("    points: {a: {points: 1, where: page.path == \"x\"}}\n"), 7, 36, 40,
	 "event.page", NULL},
	{"N202", POINTS("    points: {a: {points: 1, where: event.amount > 1.0}}\n"), 7, 42, 48,
	 NULL, NULL},
	{"N202", FIT("    - {if: lead.titel == \"x\", points: 1}\n"), 7, 17, 22, "title", NULL},
	{"N202", FIT("    - {if: 'lead.name == ''a'' && company.employes > 3', points: 1}\n"), 7,
	 43, 51, "employees", NULL},
	{"N202",
	 FIT("    - {if: \"lead.name == \\\"a\\\" && \\u006cead.titel == 'x'\", points: 1}\n"), 7,
	 45, 50, "title", NULL},
	{"N202",
	 FIT("    - points: 1\n      if: >\n        lead.title == \"a\" &&\n        lead.titl == "
	     "\"b\"\n"),
	 10, 14, 18, "title", NULL},
	{"N202",
	 FIT("    - points: 1\n      if: |\n        lead.title == \"a\" &&\n          lead.titl == "
	     "\"b\"\n"),
	 10, 16, 20, "title", NULL},
	{"N202",
	 FIT("    - points: 1\n      if: lead.title == \"a\"\n        && lead.titl == \"b\"\n"), 9,
	 17, 21, "title", NULL},
	{"N202",
	 FIT("    - {if: 'lead.name == \"\xc3\xa9\xc3\xa9\" && led.title == \"x\"', points: 1}\n"),
	 7, 34, 37, "lead", NULL},
	{"N203", FIT("    - {if: lead.title > 3, points: 1}\n"), 7, 12, 0, NULL, NULL},
	{"N203", FIT("    - {if: account.employees == \"50\", points: 1}\n"), 7, 33, 37, "50",
	 NULL},
	{"N203", FIT("    - {if: 'lead.known == \"true\"', points: 1}\n"), 7, 27, 33, "true", NULL},
	{"N203", HEAD "scoring: {tiers: {hot: {up: 70, if: fit * 2 > 3.0}}}\n", 5, 43, 44, "2.0",
	 NULL},
	{"N203", FIT("    - {if: lead.title == 3, points: 1}\n"), 7, 12, 0, NULL, NULL},
	{"N204", FIT("    - {if: lead.title, points: 1}\n"), 7, 12, 22, NULL, "string"},
	{"N205", FIT("    - {if: event.type == \"x\", points: 1}\n"), 7, 12, 22, NULL, "fit rule"},
	{"N205", FIT("    - {if: 'true && engagement > 3.0', points: 1}\n"), 7, 21, 31, NULL, NULL},
	{"N205", FIT("    - {if: lead.idle_days > 3, points: 1}\n"), 7, 12, 26, NULL, NULL},
	{"N205", HEAD "scoring: {}\npersonas: {a: persona == \"\"}\n", 6, 15, 22, NULL,
	 "a persona"},
	{"N205", POINTS("    points: {a: {points: 1, where: score > 3.0}}\n"), 7, 36, 41, NULL,
	 NULL},
	{"N206", FIT("    - {if: 'lead.title.matches(\"(\")', points: 1}\n"), 7, 32, 0, NULL, NULL},
	{"N207",
	 FIT("    - {if: persona == \"opps\", points: 1}\n") "personas: {ops: lead.title == "
							     "\"x\"}\n",
	 7, 24, 28, "ops", "no persona called \"opps\""},
	{"N207",
	 FIT("    - {if: 'persona in [\"ops\", \"finanse\"]', points: 1}\n") "personas: {ops: "
									     "lead.title == \"x\", "
									     "finance: lead.title "
									     "== \"y\"}\n",
	 7, 33, 40, "finance", NULL},
	{"N207", HEAD "scoring: {tiers: {hot: {up: 70, if: tier == \"wram\"}}}\n", 5, 46, 50,
	 "warm", NULL},
	{"N207",
	 HEAD "scoring: {}\nfeatures: {a: {kind: count}, r: {kind: ratio, over: a, under: bb}}\n",
	 6, 63, 65, NULL, "no feature called \"bb\""},
	/* ---- sense ---- */
	{"N208",
	 FIT("    - {name: a, if: lead.known, points: 1}\n    - {name: a, if: 'lead.title == "
	     "\"x\"', points: 2}\n"),
	 8, 14, 15, NULL, "two of one name"},
	{"N208", POINTS("    points: {a: 1}\n    rules: [{of: a, points: 2, where: lead.known}]\n"),
	 8, 18, 19, NULL, NULL},
	{"N210", HEAD "scoring: {}\npersonas: {a: 'true', b: lead.title == \"x\"}\n", 6, 23, 24,
	 NULL, "nobody can be"},
	{"N210", HEAD "scoring: {}\nentry: [{fit: 1}, {source: x, fit: 2}]\n", 6, 19, 20, NULL,
	 "never reached"},
	{"N211",
	 HEAD "scoring: {}\nfeatures: {r: {kind: ratio, over: a, under: a}, a: {kind: count}}\n", 6,
	 35, 36, NULL, "further down"},
	{"N212", HEAD "scoring: {tiers: {hot: {up: 50, down: 60}}}\n", 5, 39, 41, "40",
	 "down: 60 is above up: 50"},
	{"N213", HEAD "scoring: {tiers: {hot: {up: 50}, warm: {up: 60}}}\n", 5, 45, 47, NULL,
	 "warm is entered"},
	{"N214", FIT("    - {if: lead.known, points: 10}\n"), 5, 1, 8, NULL,
	 "nobody can become hot"},
	{"N215", POINTS("    half_life: 0d\n"), 7, 16, 18, NULL, NULL},
	{"N215", POINTS("    points: {a: {points: 3, half_life: 0s}}\n"), 7, 40, 42, NULL, NULL},
	{"N216", POINTS("    points: {a: 100}\n    rules: [{name: b, of: a, points: 2}]\n"), 8, 13,
	 14, NULL, "same rule"},
	{"N217", POINTS("    points: {a: 100, b: 0}\n"), 7, 25, 26, NULL, "no points"},
	{"N218", POINTS("    points: {a: 100}\n") "  weights: {fit: 10%, engagement: 80%}\n", 8, 3,
	 10, NULL, "0.9"},
	{"N219", HEAD "scoring: {}\nconsent: {regions: {nordics: opt_in}}\n", 6, 21, 28, NULL,
	 "which countries"},
	{"N219", HEAD "scoring: {}\nconsent: {regions: {eaa: opt_in}}\n", 6, 21, 24, "eea", NULL},
	{"N220",
	 HEAD
	 "scoring: {}\nconsent: {regions: {eu: opt_in, d: {countries: [DE], rule: opt_out}}}\n",
	 6, 33, 34, NULL, "DE is in"},
	{"N221", HEAD "scoring: {}\nfields: {lead: {title: int}}\n", 6, 17, 22, NULL, "built-in"},
	{"N222", HEAD "scoring: {}\nfeatures: {a: {kind: sum, of: x}}\n", 6, 12, 13, NULL,
	 "a sum needs a \"property\""},
	{"N222", HEAD "scoring: {}\nfeatures: {a: {kind: count, half_life: 3d}}\n", 6, 29, 38, NULL,
	 "no use for"},
	{"N223", FIT("    - {if: 1 < 2, points: 1}\n"), 7, 12, 17, NULL, "same for everybody"},
	{"N224", FIT("    - {if: lead.known, points: 1.005}\n"), 7, 32, 37, NULL, "finer"},
};

/* Codes with a test of their own: their case does not fit on a line. */
static const char *const elsewhere[] = {"N099", "N123", "N209", "N241", "N242", "N243"};

static void test_bad(void **state)
{
	(void)state;
	assert_int_equal(failing_bads(bads, sizeof bads / sizeof *bads), 0);
	assert_true(sizeof bads / sizeof *bads >= 60);
}

static void test_every_code_has_a_case(void **state)
{
	struct program_code_help h;
	(void)state;
	for (size_t i = 0; program_code_at(i, &h); i++) {
		assert_true(is_play_code(str_of(h.code)) ||
			    has_case(bads, sizeof bads / sizeof *bads, elsewhere,
				     sizeof elsewhere / sizeof *elsewhere, str_of(h.code)));
		assert_true(strlen(h.title) > 5 && strlen(h.text) > 20);
	}
}

static void expect_code(struct str text, const char *code)
{
	struct loaded l;
	bool found = false;
	load_text(&l, text);
	for (size_t i = 0; i < l.report.n; i++)
		found = found || str_is(str_of(l.report.problems[i].code), code);
	unload(&l);
	assert_true(found);
}

static void test_large(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 4 << 20);
	buf_z(&b, HEAD "scoring: {}\n#");
	for (size_t i = 0; i < PROGRAM_BYTES_MAX; i++)
		buf_byte(&b, 'x');
	expect_code(buf_view(&b), "N099");
	buf_reset(&b);
	buf_z(&b, HEAD "scoring: {}\nfields: {lead: {a: {type: string, path: ");
	for (size_t i = 0; i < 300; i++)
		buf_byte(&b, 'x');
	buf_z(&b, "}}}\n");
	expect_code(buf_view(&b), "N123");
	buf_reset(&b);
	buf_z(&b, HEAD "scoring:\n  fit:\n");
	for (size_t i = 0; i < 70; i++)
		buf_printf(&b, "    - {name: r%zu, if: lead.known, points: 1}\n", i);
	expect_code(buf_view(&b), "N118");
	buf_finish(&b);
}

/* Two names on one 32-bit key, found by trying: about 77,000 names make one pair likely. */
static void test_key_clash(void **state)
{
	enum { NAMES = 400000 };
	struct pair {
		uint32_t key;
		unsigned i;
	} *seen = calloc(1u << 20, sizeof *seen);
	char a[32] = "", b[32] = "";
	(void)state;
	for (unsigned i = 1; i < NAMES && !*a; i++) {
		char name[32];
		snprintf(name, sizeof name, "f%u", i);
		uint32_t key = program_key32("feature", str_of(name));
		unsigned at = key & ((1u << 20) - 1);
		while (seen[at].i && seen[at].key != key)
			at = (at + 1) & ((1u << 20) - 1);
		if (seen[at].i) {
			snprintf(a, sizeof a, "f%u", seen[at].i);
			snprintf(b, sizeof b, "%s", name);
		}
		seen[at] = (struct pair){key, i};
	}
	free(seen);
	assert_true(*a);
	char text[512];
	snprintf(text, sizeof text,
		 HEAD "scoring: {}\nfeatures: {%s: {kind: count}, %s: {kind: count}}\n", a, b);
	expect_code(str_of(text), "N209");
}

/* ---- good ones ---- */

static const char *const goods[] = {
	HEAD "scoring: {}\n",
	"\xef\xbb\xbf" HEAD "scoring: {}\n",
	HEAD "scoring: {fit: []}\n",
	FIT("    - {if: true, points: 100}\n    - {if: lead.employees > 3, points: "
	    "-2.5}\n") "fields: {lead: {employees: number}}\n",
	HEAD "scoring: {engagement: {points: {'*': 1, form.*: {points: 3, max: 40}}}}\n",
	HEAD "scoring: {}\nkeys: {crm.hubspot: solid, cookie: device}\n",
	HEAD "scoring: {}\nfeatures:\n  - {name: a, kind: count}\n  - {name: b, kind: sum, "
	     "property: properties.x}\n"
	     "  - {name: c, kind: ratio, over: b, under: a}\n",
	HEAD "scoring: {}\r\nconsent: {default: opt_in, regions: {eu: double_opt_in}}\r\n",
	FIT("    - if: |\n        lead.title.matches('(?i)ops') &&\n          lead.country "
	    "in [\"DE\", \"AT\"]\n      points: 5\n"),
	FIT("    - {if: 'has(lead.title) && lead.traits[\"Lead Origin\"] == \"API\"', "
	    "points: 5}\n"),
	POINTS("    points: {page.*: {points: 1, where: event.properties.depth > 3.0 && "
	       "event.page.path == \"/x\"}}\n"),
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
		struct loaded l, again;
		load_text(&l, str_of(goods[i]));
		if (l.status != ST_OK)
			show(&l, goods[i]);
		assert_int_equal(l.status, ST_OK);
		load_text(&again, str_of(goods[i]));
		assert_true(l.program->hash == again.program->hash);
		assert_true(l.program->hash != 0);
		unload(&l);
		unload(&again);
	}
}

static void test_hash_is_the_same_everywhere(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, STR(HEAD "scoring: {}\n"));
	assert_true(l.program->hash == UINT64_C(0xd8311f08283cc2d1));
	unload(&l);
}

static struct loaded load_file(const char *path)
{
	struct loaded l;
	struct arena a;
	struct str text;
	struct err e;
	arena_init(&a, 4 << 20);
	if (file_read(path, 1 << 20, &a, &text, &e) != ST_OK)
		fail_msg("%s", e.text);
	load_text(&l, text);
	if (l.report.n && l.report.errors_n)
		show(&l, arena_strz(&a, text));
	arena_finish(&a);
	return l;
}

static void test_shipped_programs(void **state)
{
	(void)state;
	struct loaded l = load_file("programs/example.yaml");
	assert_int_equal(l.status, ST_OK);
	assert_int_equal(l.report.n, 0);
	const struct program *p = l.program;
	assert_true(p->fit_n >= 10 && p->points_n >= 10 && p->features_n >= 7);
	assert_string_equal("meeting.booked", p->goal.p);
	assert_true(p->tiers[TIER_HOT].up == 60 && p->tiers[TIER_HOT].down == 48);
	assert_true(p->inactivity.after_us == 21 * US_PER_D && p->inactivity.points == 5);
	assert_true(p->fit_weight == 0.4 && p->engagement_weight == 0.6);
	assert_true(str_is(p->consent.purposes[0], "newsletter"));
	assert_int_equal(p->consent.regions[0].rule, CONSENT_DOUBLE_OPT_IN);
	assert_int_equal(p->consent.unknown_rule, CONSENT_DOUBLE_OPT_IN);
	assert_int_equal(p->outcomes_n, 3);
	unload(&l);
	l = load_file("programs/leads-csv.yaml");
	assert_int_equal(l.status, ST_OK);
	assert_int_equal(l.report.n, 0);
	assert_true(l.program->fit_n + l.program->points_n >= 10 &&
		    l.program->fit_n + l.program->points_n <= 15);
	unload(&l);
}

/* The program of the design: it leaves the team out, writes event for event.type, and has consent
 * where a program does not; a policy of a track, and arms without an angle, do nothing. Everything
 * else in it is understood. */
static void test_design_example(void **state)
{
	const char *shared = getenv("NURTURED_SHARED");
	char path[512];
	(void)state;
	snprintf(path, sizeof path, "%s/design/program-example.yaml",
		 shared ? shared : "../shared");
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		print_message("skipped: no %s\n", path);
		skip();
	}
	fclose(f);
	struct loaded l = load_file(path);
	static const char *const said[] = {"N129", "N129", "N122", "N203", "N207",
					   "N207", "N101", "N122", "N255", "N255"};
	assert_int_equal(l.report.n, sizeof said / sizeof *said);
	for (size_t i = 0; i < l.report.n; i++)
		assert_string_equal(l.report.problems[i].code, said[i]);
	unload(&l);
}

/* ---- defaults, and what the tree holds ---- */

static void test_defaults(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, STR(HEAD "scoring: {engagement: {points: {a: 3}}}\n"));
	const struct program *p = l.program;
	assert_true(p->tiers[TIER_HOT].up == 70 && p->tiers[TIER_WARM].down == 30);
	assert_true(p->fit_weight == 0.5 && p->points[0].half_life_us == 14 * US_PER_D);
	assert_int_equal(p->consent.default_rule, CONSENT_OPT_IN);
	assert_int_equal(p->consent.unknown_rule, CONSENT_OPT_IN);
	assert_true(p->consent.honour_dnt && p->consent.anonymous_ttl_us == 0);
	assert_true(str_is(p->consent.purposes[0], "marketing") &&
		    str_is(p->consent.channels[0], "email"));
	assert_int_equal(p->outcomes_n, 1); /* the goal */
	assert_true(str_is(p->sender.reply_to, "i@x.example"));
	assert_int_equal(p->inactivity.after_us, 0);
	unload(&l);
}

static void test_reads(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, STR(POINTS("    points:\n      a: 1\n      b: {points: 1, where: "
				 "event.page.path == \"/\"}\n"
				 "      c: {points: 1, where: event.properties.x == 1.0}\n"
				 "      d: {points: 1, where: lead.title == \"x\"}\n"
				 "      e: {points: 1, where: lead.known}\n")));
	const struct program_points *r = l.program->points;
	assert_int_equal(l.program->points_n, 5);
	assert_int_equal(r[0].on.where.reads, 0);
	assert_int_equal(r[1].on.where.reads, READS_EVENT);
	assert_int_equal(r[2].on.where.reads, READS_EVENT | READS_PROPERTIES);
	assert_true(r[3].on.where.reads & READS_PROFILE);
	assert_int_equal(r[4].on.where.reads, READS_LEAD);
	assert_int_equal(r[1].on.where.line, 9);
	assert_int_equal(r[1].on.where.col, 29);
	unload(&l);
}

static void test_matches(void **state)
{
	static const struct {
		const char *of, *type;
		bool matches;
	} cases[] = {
		{"form.demo", "form.demo", true}, {"form.demo", "form.demos", false},
		{"form.*", "form.demo", true},    {"form.*", "form", true},
		{"form.*", "formal", false},      {"form.*", "form.a.b", true},
		{"\"*\"", "anything", true},      {"form.demo", "form", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded l;
		char text[512];
		snprintf(text, sizeof text, HEAD "scoring: {engagement: {points: {%s: 3}}}\n",
			 cases[i].of);
		load_text(&l, str_of(text));
		assert_int_equal(l.status, ST_OK);
		assert_int_equal(
			program_on_matches(&l.program->points[0].on, str_of(cases[i].type)),
			cases[i].matches);
		unload(&l);
	}
}

static void test_many_problems_are_cut(void **state)
{
	struct loaded l;
	struct buf b;
	(void)state;
	buf_init(&b, 1 << 20);
	buf_z(&b, HEAD "scoring:\n  engagement:\n    points:\n");
	for (size_t i = 0; i < 60; i++)
		buf_printf(&b, "      a%zu: x%zu\n", i, i);
	buf_z(&b, "content: {}\n");
	load_text(&l, buf_view(&b));
	assert_int_equal(l.report.n, PROGRAM_PROBLEMS_MAX);
	assert_int_equal(l.report.errors_n, 60);
	assert_int_equal(l.report.dropped_n, 41);
	for (size_t i = 0; i < l.report.n; i++) {
		assert_false(l.report.problems[i].warning); /* warnings give way */
		assert_int_equal(l.report.problems[i].line, 8 + (int)i);
	}
	unload(&l);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_code_has_a_case),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_key_clash),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_hash_is_the_same_everywhere),
		cmocka_unit_test(test_shipped_programs),
		cmocka_unit_test(test_design_example),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_many_problems_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
