/* SPDX-License-Identifier: Apache-2.0
 * render.c: the same template and the same data, compiled once and rendered many times, one thread
 * each. liquidjs is what a pipeline in JavaScript would take; node runs it when both are there. */
#include "render.h"

#include "base/arena.h"
#include "base/time.h"
#include "liquid/liquid.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NODE_BYTES_MAX 4096

static const char template_text[] =
	"<p>Hi {{ lead.first_name | default: \"there\" | escape }},</p>"
	"{% if lead.employees > 100 %}<p>Teams the size of {{ lead.company | escape }} usually "
	"begin "
	"with a pilot.</p>{% else %}<p>Small teams begin at once.</p>{% endif %}"
	"<ul>{% for l in links %}<li><a href=\"{{ l.url | escape }}\">{{ l.text | escape "
	"}}</a></li>"
	"{% endfor %}</ul><p>{{ lead.title | downcase | truncate: 20 }}</p>";
static const char data_text[] =
	"{\"lead\":{\"first_name\":\"Sarah\",\"company\":\"Meridian & Sons\",\"employees\":240,"
	"\"title\":\"Head of Warehouse Operations\"},\"links\":["
	"{\"url\":\"https://example.com/a?x=1&y=2\",\"text\":\"Case study\"},"
	"{\"url\":\"https://example.com/b\",\"text\":\"Docs\"}]}";

/* Its own clock around its own loop: starting node is not rendering. The first rounds are for its
 * compiler. Arguments: rounds, template, data. */
static const char script[] =
	"const {Liquid}=require('liquidjs');const e=new Liquid({cache:true});"
	"const [n,text,data]=process.argv.slice(1);const t=e.parse(text),d=JSON.parse(data);"
	"let b=0;const go=(k)=>{for(let i=0;i<k;i++)b+=e.renderSync(t,d).length};go(5000);"
	"const c=process.cpuUsage(),f=process.hrtime.bigint();b=0;go(+n);"
	"const w=Number(process.hrtime.bigint()-f)/1000,u=process.cpuUsage(c);"
	"console.log(Math.round(w),u.user+u.system,Math.round(b/+n));";

struct rendered {
	struct bench_rate rate;
	uint64_t bytes; /* of one */
};

static enum status ours(uint64_t times, struct rendered *out, struct err *e)
{
	struct arena a, scratch;
	struct json data;
	struct liquid_problem p;
	const struct liquid_template *t = NULL;
	const struct liquid_conf conf = {.now_us = INT64_C(1790000000000000)};
	arena_init(&a, (size_t)1 << 20);
	arena_init(&scratch, (size_t)4 << 20);
	enum status st = json_parse(str_of(data_text), JSON_LIMITS_EVENT, &a, &data, e);
	if (st == ST_OK &&
	    liquid_compile(str_of(template_text), (struct liquid_options){0}, &a, &t, &p) != ST_OK)
		st = err_set(e, ST_CORRUPT, "bench: %s", p.text);
	struct stopwatch from = bench_start();
	for (uint64_t i = 0; i < times && st == ST_OK; i++) {
		struct buf text;
		arena_reset(&scratch);
		buf_init_arena(&text, &scratch, 1u << 16);
		if (liquid_render(t, &data, &conf, &scratch, &text, &p) != ST_OK)
			st = err_set(e, ST_CORRUPT, "bench: %s", p.text);
		out->bytes = text.n;
	}
	bench_stop(from, times, &out->rate);
	arena_finish(&a);
	arena_finish(&scratch);
	return st;
}

/* False: node or liquidjs is not here. */
static bool theirs(uint64_t times, struct rendered *out)
{
	char folder[BENCH_PATH_MAX], module[BENCH_PATH_MAX + 32], text[NODE_BYTES_MAX], n[24];
	struct stat sb;
	struct err e;
	uint64_t wall = 0, cpu = 0;
	peer_node_folder(folder);
	(void)snprintf(module, sizeof module, "%s/node_modules/liquidjs", folder);
	(void)snprintf(n, sizeof n, "%llu", (unsigned long long)times);
	const char *const argv[] = {"/usr/bin/env", "node",    "-e", script, n,
				    template_text,  data_text, NULL};
	if (stat(module, &sb) != 0 || peer_run(argv, folder, text, sizeof text, &e) != ST_OK)
		return false;
	const char *at = text;
	if (!bench_number(&at, &wall) || !bench_number(&at, &cpu) ||
	    !bench_number(&at, &out->bytes) || wall == 0)
		return false;
	out->rate = (struct bench_rate){
		.events = times, .elapsed_us = (int64_t)wall, .cpu_us = (int64_t)cpu};
	return true;
}

enum status bench_render(const struct bench_conf *conf, struct report *r, struct err *e)
{
	struct bench_rate our[BENCH_ROUNDS_MAX], their[BENCH_ROUNDS_MAX];
	struct rendered one = {.bytes = 0}, other = {.bytes = 0};
	uint64_t times = conf->append_events;
	bool node = true;
	for (int i = 0; i < conf->rounds; i++) {
		enum status st = ours(times, &one, e);
		if (st != ST_OK)
			return st;
		node = node && theirs(times / 4, &other);
		if (node && other.bytes != one.bytes)
			return err_set(e, ST_CORRUPT, "bench: %llu bytes rendered, liquidjs %llu",
				       (unsigned long long)one.bytes,
				       (unsigned long long)other.bytes);
		our[i] = one.rate;
		their[i] = other.rate;
	}
	struct bench_rate mine = bench_median(our, conf->rounds);
	report_rate(r, "Liquid templates rendered, one thread", &mine);
	if (!node) {
		report_value(r, "liquidjs is not here: not compared", 0, "");
		return ST_OK;
	}
	struct bench_rate reference = bench_median(their, conf->rounds);
	report_rate(r, "the same by liquidjs", &reference);
	report_ratio(r, "ours / liquidjs", bench_per_s(&mine) / bench_per_s(&reference), 1.0);
	return ST_OK;
}
