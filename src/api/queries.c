/* SPDX-License-Identifier: Apache-2.0
 * queries.c: queries.def as a table, and a request held against it. */
#include "api/api_internal.h"

const struct api_query api_queries[] = {
#define QUERY(on, title, sort, at_least, at_most, any_of, text) \
	{.op = API_OP_##on, \
	 .name = title, \
	 .kind = API_QUERY_##sort, \
	 .least = at_least, \
	 .most = at_most, \
	 .words = any_of, \
	 .description = text},
#include "api/queries.def"
#undef QUERY
};
const size_t api_queries_n = sizeof api_queries / sizeof api_queries[0];

static const struct api_query *query_of(enum api_op op, struct str name)
{
	for (size_t i = 0; i < api_queries_n; i++)
		if (api_queries[i].op == op && str_is(name, api_queries[i].name))
			return &api_queries[i];
	return NULL;
}

static bool one_of(const char *words, struct str value)
{
	for (struct str rest = str_of(words); rest.p != NULL;)
		if (str_eq(str_cut(&rest, ' '), value))
			return true;
	return false;
}

/* "after, limit, tier": what there is. */
static struct str names_of(enum api_op op, struct arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 512);
	for (size_t i = 0; i < api_queries_n; i++)
		if (api_queries[i].op == op)
			buf_printf(&b, "%s%s", b.n ? ", " : "", api_queries[i].name);
	return buf_view(&b);
}

static struct str commas(const char *words, struct arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 512);
	for (struct str rest = str_of(words); rest.p != NULL;) {
		struct str word = str_cut(&rest, ' ');
		buf_printf(&b, "%s" STR_FMT, b.n ? ", " : "", STR_ARG(word));
	}
	return buf_view(&b);
}

static enum status unknown(struct api_call *call, struct str name, struct api_problem *p)
{
	struct arena *a = call->req->arena;
	struct str known = names_of(call->op, a), shown = str_upto(name, 40);
	p->message =
		arena_printf(a, "this address knows no parameter \"" STR_FMT "\"", STR_ARG(shown));
	p->fix = known.n ? arena_printf(a, "it knows " STR_FMT, STR_ARG(known))
			 : STR("leave out what stands behind the ?");
	return ST_INVALID;
}

static enum status wrong(struct api_call *call, const struct api_query *q, struct api_problem *p)
{
	struct arena *a = call->req->arena;
	struct str words = commas(q->words, a);
	p->message = q->kind == API_QUERY_NUMBER && q->most < INT64_MAX
			     ? arena_printf(a, "%s must be %lld to %lld", q->name,
					    (long long)q->least, (long long)q->most)
		     : q->kind == API_QUERY_NUMBER ? arena_printf(a, "%s must be a number", q->name)
						   : arena_printf(a, "%s must be one of: " STR_FMT,
								  q->name, STR_ARG(words));
	p->fix = str_of(q->description);
	return ST_INVALID;
}

static bool fits(const struct api_query *q, struct str value)
{
	uint64_t n;
	switch (q->kind) {
	case API_QUERY_TEXT: return true;
	case API_QUERY_WORD: return one_of(q->words, value);
	case API_QUERY_NUMBER:
		return str_to_u64(value, &n) && n >= (uint64_t)q->least && n <= (uint64_t)q->most;
	}
	return false;
}

enum status api_query_check(struct api_call *call, struct api_problem *p)
{
	const struct http_request *req = call->req;
	enum status st = ST_OK;
	if (api_routes[call->op].role != API_ADMIN)
		return ST_OK;
	*p = (struct api_problem){.status = ST_INVALID};
	for (size_t i = 0; i < req->query_count && st == ST_OK; i++) {
		const struct api_query *q = query_of(call->op, req->query[i].name);
		p->param = req->query[i].name;
		if (q == NULL)
			st = unknown(call, req->query[i].name, p);
		else if (!fits(q, req->query[i].value))
			st = wrong(call, q, p);
	}
	return st;
}
