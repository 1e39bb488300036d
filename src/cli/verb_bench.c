/* SPDX-License-Identifier: Apache-2.0
 * verb_bench.c: what this machine and this disk can do, in some seconds: one durable append, many,
 * the fold, a condition. On a node of its own beside the data, because the disk is half of the
 * answer; it is gone afterwards. The comparison with other programs is `make bench`. */
#include "base/clock.h"
#include "base/time.h"
#include "cel/cel.h"
#include "cli/verbs.h"
#include "node/node.h"

#include <stdio.h>
#include <unistd.h>

#define PART_US US_PER_S /* a part is measured for so long */
#define BATCH 1000u
#define LEADS 5000u
#define EVENTS_MAX 300000u

static const char program[] = "nurture: 1\n"
			      "program: bench\n"
			      "goal: deal.won\n"
			      "send_as: {name: Bench, from: bench@nurtured.example,"
			      " postal_address: Nowhere 1}\n"
			      "features:\n"
			      "  pages: {kind: count, of: page.*}\n"
			      "scoring:\n"
			      "  fit:\n"
			      "    - {name: near, if: lead.country == \"DE\", points: 50}\n"
			      "  engagement:\n"
			      "    half_life: 14d\n"
			      "    points: {page.*: 1, page.pricing: 15, form.*: 20}\n";

struct bench {
	struct node *node;
	struct arena arena;
	struct log_entry entries[BATCH];
	uint64_t made;
	struct {
		const char *name, *unit, *what;
		double value;
	} figures[4];
	size_t figures_n;
};

static void add(struct bench *b, const char *name, const char *unit, const char *what, double value)
{
	b->figures[b->figures_n].name = name;
	b->figures[b->figures_n].unit = unit;
	b->figures[b->figures_n].what = what;
	b->figures[b->figures_n++].value = value;
}

static double per_s(uint64_t n, int64_t from_us)
{
	int64_t took = clock_mono_us() - from_us;
	return (double)n * 1e6 / (double)(took > 0 ? took : 1);
}

static enum status fill(struct bench *b, size_t n, struct err *e)
{
	enum status st = ST_OK;
	static const char *const types[] = {"page.pricing", "page.blog", "form.ebook"};
	arena_reset(&b->arena);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct event ev = {
			.type = str_of(types[b->made % 3]),
			.occurred_us = clock_now_us(),
			.traits = b->made < LEADS ? STR("{\"country\":\"DE\"}") : STR_NULL,
			.context = {.page.path = STR("/pricing"), .scroll = 50},
		};
		unsigned long long id = b->made++;
		struct buf body;
		(void)event_add_id(&ev, ID_USER_ID, STR_NULL,
				   arena_printf(&b->arena, "u%llu", id * 7919 % LEADS));
		buf_init_arena(&body, &b->arena, EVENT_BYTES_MAX);
		st = event_encode(&ev, &body, e);
		b->entries[i] = (struct log_entry){
			.source = STR("bench"),
			.message_id = arena_printf(&b->arena, "m%llu", id),
			.body = buf_view(&body),
			.received_us = ev.occurred_us,
		};
	}
	return st;
}

static enum status append(struct bench *b, size_t batch, double *rate, struct err *e)
{
	enum status st = ST_OK;
	uint64_t n = 0;
	int64_t from = clock_mono_us();
	while (st == ST_OK && clock_mono_us() - from < PART_US && b->made < EVENTS_MAX) {
		st = fill(b, batch, e);
		if (st == ST_OK)
			st = log_append(b->node->log, b->entries, batch, e);
		n += batch;
	}
	*rate = per_s(n, from);
	return st;
}

static enum status apply(struct bench *b, struct err *e)
{
	struct buf body;
	arena_reset(&b->arena);
	buf_init_arena(&body, &b->arena, EVENT_BYTES_MAX);
	enum status st = engine_event_apply(str_of(program), clock_now_us(), &body, e);
	struct log_entry entry = {
		.source = STR("system"),
		.message_id = STR("bench-apply"),
		.body = buf_view(&body),
		.received_us = clock_now_us(),
	};
	return st == ST_OK ? node_submit(b->node, &entry, 1, e) : st;
}

static enum status measure_disk(struct bench *b, struct err *e)
{
	double one = 0, many = 0;
	enum status st = apply(b, e);
	if (st == ST_OK)
		st = append(b, 1, &one, e);
	if (st == ST_OK)
		st = append(b, BATCH, &many, e);
	add(b, "append_one", "events/s", "durable, one event a commit", one);
	add(b, "append_many", "events/s", "durable, 1,000 events a commit", many);
	int64_t from = clock_mono_us();
	if (st == ST_OK)
		st = node_submit(b->node, NULL, 0, e);
	add(b, "fold", "events/s", "from the log to scored state", per_s(b->made, from));
	return st;
}

static enum status measure_cel(struct bench *b, struct err *e)
{
	static const struct cel_decl decls[] = {{STR("country"), &cel_string, 0},
						{STR("scroll"), &cel_double, 1}};
	const struct cel_env env = {.decls = decls, .decl_count = 2};
	const struct cel_value country = cel_of_str(STR("NL")), scroll = cel_of_double(84);
	const struct cel_value *const slots[] = {&country, &scroll};
	const struct cel_activation act = {.slots = slots, .slot_count = 2};
	struct cel_prog *prog = NULL;
	struct cel_problem problem;
	bool holds = true;
	uint64_t n = 0;
	arena_reset(&b->arena);
	enum status st =
		cel_compile(&env, STR("scroll >= 80.0 && country in [\"DE\", \"NL\"]"),
			    (struct cel_options){.want = &cel_bool}, &b->arena, &prog, &problem);
	if (st != ST_OK)
		return err_set(e, st, "the condition of the bench does not compile");
	int64_t from = clock_mono_us();
	while (st == ST_OK && clock_mono_us() - from < PART_US)
		for (unsigned i = 0; i < BATCH && st == ST_OK; i++, n++)
			st = cel_eval_bool(prog, &act, &b->arena, CEL_ABSENT_IS_FALSE, &holds, e);
	add(b, "cel", "conditions/s", "of two comparisons, one thread", per_s(n, from));
	return st;
}

static void show(struct cli *c, const struct bench *b)
{
	struct buf text;
	struct json_w w;
	if (!c->json) {
		for (size_t i = 0; i < b->figures_n; i++)
			fprintf(c->out, "%12.0f %-13s %s\n", b->figures[i].value,
				b->figures[i].unit, b->figures[i].what);
		return;
	}
	buf_init_arena(&text, &c->arena, 4096);
	json_w_init(&w, &text);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.bench/1");
	for (size_t i = 0; i < b->figures_n; i++)
		json_w_ki64(&w, b->figures[i].name, (int64_t)b->figures[i].value);
	json_w_end(&w);
	cli_line(c, buf_view(&text));
}

static void remove_node(const char *dir)
{
	static const char *const files[] = {
		"events.db",    "events.db-wal", "events.db-shm", "state.db",   "state.db-wal",
		"state.db-shm", "node.json",     "keys.json",     "links.json", "lock"};
	char path[NODE_PATH_MAX];
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(node_path(dir, files[i], path)); /* some are not there */
	(void)rmdir(dir);
}

static int run(struct cli *c)
{
	struct bench *b = ARENA_NEW(&c->arena, struct bench);
	const char *dir = arena_printf(&c->arena, "%s.bench-%d", c->data, (int)getpid()).p;
	struct node_conf conf = node_conf_default(dir, NODE_WRITE);
	conf.create = true;
	arena_init(&b->arena, (size_t)64 << 20);
	cli_talk(c, "measuring for about five seconds, beside %s\n", c->data);
	enum status st = node_open(&conf, &b->node, &c->err);
	if (st == ST_OK)
		st = measure_disk(b, &c->err);
	if (st == ST_OK)
		st = measure_cel(b, &c->err);
	node_close(&b->node);
	arena_finish(&b->arena);
	remove_node(dir);
	if (st != ST_OK)
		return cli_fail(c, NULL);
	show(c, b);
	return CLI_OK;
}

const struct verb verb_bench = {
	.name = "bench",
	.group = "keep",
	.args = "",
	.summary = "Measure what this machine and its disk can do",
	.detail = "Makes a small node beside the folder of data, appends and folds made-up events "
		  "for some seconds, and removes it. The data itself is not touched.",
	.examples = {"nurtured bench", "nurtured bench --data /var/lib/nurtured --json"},
	.run = run,
};
