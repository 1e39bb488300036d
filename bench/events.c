/* SPDX-License-Identifier: Apache-2.0
 * events.c: traffic that looks like a company's site: who, what, how often. The mix is written
 * down once, as a table; one die decides. */
#include "bench.h"

#include <stdio.h>

enum shape { SHAPE_PAGE, SHAPE_TRACK, SHAPE_IDENTIFY };

static const struct act {
	uint64_t weight;
	enum shape shape;
	const char *type; /* as stored */
	const char *name; /* as a Segment client sends it: page name or event */
	const char *path, *properties;
} acts[] = {
	{34, SHAPE_PAGE, "page.blog", "Blog", "/blog/warehouse-slotting", "{\"words\":1240}"},
	{18, SHAPE_PAGE, "page.product", "Product", "/product", "{\"section\":\"planning\"}"},
	{10, SHAPE_PAGE, "page.pricing", "Pricing", "/pricing", "{\"plan\":\"team\",\"seats\":25}"},
	{4, SHAPE_PAGE, "page.integrations", "Integrations", "/integrations",
	 "{\"system\":\"sap\"}"},
	{1, SHAPE_PAGE, "page.careers", "Careers", "/careers", "{\"city\":\"Hamburg\"}"},
	{12, SHAPE_TRACK, "email.open", "Email.Open", NULL, "{\"mail\":\"welcome-2\"}"},
	{6, SHAPE_TRACK, "email.click", "Email.Click", NULL, "{\"mail\":\"welcome-2\",\"link\":3}"},
	{5, SHAPE_TRACK, "video.watched", "Video.Watched", NULL, "{\"seconds_watched\":140}"},
	{3, SHAPE_TRACK, "calculator.used", "Calculator.Used", NULL, "{\"seats\":40,\"sites\":3}"},
	{2, SHAPE_TRACK, "form.ebook", "Form.Ebook", NULL, "{\"asset\":\"slotting-guide\"}"},
	{1, SHAPE_TRACK, "webinar.attended", "Webinar.Attended", NULL, "{\"minutes\":38}"},
	{1, SHAPE_TRACK, "form.demo", "Form.Demo", NULL, "{\"asset\":\"demo\"}"},
	{3, SHAPE_IDENTIFY, "identify", NULL, NULL, NULL},
};

static const char *const titles[] = {
	"Head of Logistics", "Warehouse Manager", "CFO",
	"IT Administrator",  "Student",           "Operations Director"};
static const char *const places[] = {"DE", "NL", "FR", "US", "DK"};
static const char user_agent[] =
	"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

static const struct act *pick(struct rng *r)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		sum += acts[i].weight;
	uint64_t at = rng_below(r, sum);
	const struct act *act = acts;
	while (at >= act->weight)
		at -= act++->weight;
	return act;
}

static struct str email(uint64_t lead, struct arena *a)
{
	return arena_printf(a, "p%llu@firm%llu.example", (unsigned long long)lead,
			    (unsigned long long)(lead / BENCH_LEADS_PER_COMPANY));
}

static void put_traits(uint64_t lead, struct buf *out)
{
	buf_printf(out,
		   "{\"firstName\":\"P%llu\",\"title\":\"%s\",\"warehouse_count\":%llu,"
		   "\"country\":\"%s\",\"company\":{\"name\":\"Firm %llu\",\"employees\":%llu}}",
		   (unsigned long long)lead, titles[lead % 6], (unsigned long long)(lead % 5),
		   places[lead % 5], (unsigned long long)(lead / BENCH_LEADS_PER_COMPANY),
		   (unsigned long long)(lead / BENCH_LEADS_PER_COMPANY % 900));
}

void bench_identify(uint64_t lead, int64_t at_us, struct arena *a, struct event *out)
{
	struct buf traits;
	buf_init_arena(&traits, a, 4096);
	put_traits(lead, &traits);
	*out = (struct event){
		.type = STR("identify"),
		.occurred_us = at_us,
		.traits = buf_view(&traits),
		.context = {.ip = STR("192.0.2.7"), .user_agent = str_of(user_agent), .scroll = -1},
	};
	(void)event_add_id(out, ID_USER_ID, STR_NULL,
			   arena_printf(a, "u-%llu", (unsigned long long)lead));
	(void)event_add_id(out, ID_EMAIL, STR_NULL, email(lead, a));
}

void bench_act(struct rng *r, uint64_t leads, int64_t at_us, struct arena *a, struct event *out)
{
	uint64_t lead = rng_below(r, leads);
	const struct act *act = pick(r);
	if (act->shape == SHAPE_IDENTIFY) {
		bench_identify(lead, at_us, a, out);
		return;
	}
	*out = (struct event){
		.type = str_of(act->type),
		.name = str_of(act->name),
		.occurred_us = at_us,
		.properties = str_of(act->properties),
		.context = {.ip = STR("192.0.2.7"), .user_agent = str_of(user_agent), .scroll = -1},
	};
	if (act->path != NULL) {
		out->context.page.path = str_of(act->path);
		out->context.page.url =
			arena_printf(a, "https://www.larkspur.example%s", act->path);
		out->context.scroll = (double)rng_below(r, 101);
	}
	(void)event_add_id(out, ID_USER_ID, STR_NULL,
			   arena_printf(a, "u-%llu", (unsigned long long)lead));
	if (rng_below(r, 4) == 0)
		(void)event_add_id(out, ID_EMAIL, STR_NULL, email(lead, a));
}

const char *bench_segment_call(struct rng *r, uint64_t leads, uint64_t unique, struct buf *out)
{
	unsigned long long lead = rng_below(r, leads), id = unique;
	const struct act *act = pick(r);
	static const char *const types[] = {"page", "track", "identify"};
	buf_printf(out, "{\"type\":\"%s\",\"messageId\":\"bench-%020llu\",\"userId\":\"u-%llu\",",
		   types[act->shape], id, lead);
	if (act->shape == SHAPE_IDENTIFY) {
		buf_z(out, "\"traits\":");
		put_traits(lead, out);
	} else {
		buf_printf(out, "\"%s\":\"%s\",\"properties\":%s",
			   act->shape == SHAPE_PAGE ? "name" : "event", act->name, act->properties);
	}
	buf_printf(out, ",\"context\":{\"userAgent\":\"%s\",\"locale\":\"de-DE\"", user_agent);
	if (act->path != NULL)
		buf_printf(out,
			   ",\"page\":{\"path\":\"%s\",\"url\":\"https://www.larkspur.example%s\","
			   "\"title\":\"%s\"}",
			   act->path, act->path, act->name);
	buf_z(out, "}}");
	return types[act->shape];
}
