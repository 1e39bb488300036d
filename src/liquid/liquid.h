/* SPDX-License-Identifier: Apache-2.0
 * liquid.h: Liquid templates for the content of messages, compiled once, rendered many times.
 *
 * The language is Shopify's Liquid (what differs, and why: docs/liquid.md). A template is compiled
 * on an arena and is then read-only: any number of threads may render it at once, each with its
 * own arena and buffer.
 *
 *   L1  The same template, data and conf give the same bytes: no clock, no dice, no locale.
 *   L2  Rendering ends: loops, output, nesting, work and memory have ceilings.
 *   L3  In HTML, text from data is escaped unless the template says `| raw`.
 *   L4  With LIQUID_MISSING_STOPS no text is made that has a hole where a value should be.
 *
 * Memory: a template lives on the arena of liquid_compile and borrows nothing. Values made while
 * rendering live on the arena of liquid_render, or in the data.
 */
#ifndef LIQUID_LIQUID_H
#define LIQUID_LIQUID_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/status.h"
#include "base/tz.h"

#define LIQUID_SOURCE_BYTES_MAX (256u << 10)
#define LIQUID_OUTPUT_BYTES_MAX (1u << 20)
#define LIQUID_ITERATIONS_MAX 10000u /* turns of all loops, and partials, of one render */
#define LIQUID_DEPTH_MAX 100u        /* nesting of blocks, of partials, of parentheses */
#define LIQUID_NAMES_MAX 4096u       /* different variables in one template */
#define LIQUID_WORK_MAX 20000000u    /* bytes and items that filters may go through */

/* ---- values ---- */

enum liquid_kind {
	LIQUID_NIL,
	LIQUID_BOOL,
	LIQUID_INT,
	LIQUID_FLOAT,
	LIQUID_STRING, /* valid UTF-8 */
	LIQUID_ARRAY,  /* items in memory */
	LIQUID_RANGE,
	LIQUID_JSON,   /* an object or array of a document */
	LIQUID_OBJECT, /* the caller's: members are asked for one by one */
	LIQUID_LOOP,   /* forloop, tablerowloop */
	LIQUID_SELF,   /* `self`: the variables themselves */
	LIQUID_NAMED   /* inside: the named arguments of a filter */
};

struct liquid_range {
	int64_t from, to; /* both included; empty when to < from */
};
struct liquid_value;
/* Members that the caller supplies when they are asked for. False: there is no such member. */
struct liquid_object {
	bool (*get)(const void *ctx, struct str key, struct arena *a, struct liquid_value *out_r);
	const void *ctx;
};
struct liquid_loop;
struct liquid_named;
struct liquid_value {
	uint8_t kind;
	bool safe;  /* string: HTML already, not to be escaped again */
	uint32_t n; /* bytes of a string, items of an array, node of a document */
	union {
		bool b;
		int64_t i;
		double d;
		const char *p;
		const struct liquid_value *items;
		const struct liquid_range *range;
		const struct json *doc;
		const struct liquid_object *object;
		const struct liquid_loop *loop;
		const struct liquid_named *named;
	};
};

static inline struct liquid_value liquid_nil(void)
{
	return (struct liquid_value){.kind = LIQUID_NIL};
}
static inline struct liquid_value liquid_bool(bool b)
{
	return (struct liquid_value){.kind = LIQUID_BOOL, .b = b};
}
static inline struct liquid_value liquid_int(int64_t i)
{
	return (struct liquid_value){.kind = LIQUID_INT, .i = i};
}
static inline struct liquid_value liquid_float(double d)
{
	return (struct liquid_value){.kind = LIQUID_FLOAT, .d = d};
}
static inline struct liquid_value liquid_str(struct str s) /* valid UTF-8, below 4 GB */
{
	return (struct liquid_value){.kind = LIQUID_STRING, .n = (uint32_t)s.n, .p = s.p};
}
static inline struct liquid_value liquid_array(const struct liquid_value *items, size_t n)
{
	return (struct liquid_value){.kind = LIQUID_ARRAY, .n = (uint32_t)n, .items = items};
}
static inline struct liquid_value liquid_object(const struct liquid_object *o)
{
	return (struct liquid_value){.kind = LIQUID_OBJECT, .object = o};
}
/* A node of a document; scalars are read at once, strings with escapes onto `a`. */
struct liquid_value liquid_json(const struct json *doc, uint32_t node, struct arena *a);

/* ---- compiling ---- */

struct liquid_options {
	struct str name; /* of the template, for messages: "welcome.md"; may be empty */
	/* What the reference accepts in its `strict` mode, beyond `strict2`: {{ [name] }},
	 * {% capture 'x' %}, words after the end of some tags. */
	bool lenient;
	/* An unknown filter passes its input on, and a wrong number of arguments is found when
	 * the filter is reached: as the reference does. Else both are refused here. */
	bool late_filters;
};

struct liquid_problem {
	enum status status;
	bool syntax;           /* found while compiling (a template or a partial) */
	uint32_t line, column; /* from 1; 0: the problem is not at a place */
	char name[96];         /* template or partial it is in; may be empty */
	char variable[128];    /* LIQUID_MISSING_STOPS: the variable that is missing */
	char text[320];        /* what, why, and how to put it right */
};
/* "welcome.md:3:12: ..." into e; returns p->status. */
enum status liquid_problem_err(const struct liquid_problem *p, struct err *e);

struct liquid_template;
/* ST_INVALID (syntax) or ST_LIMIT fill *p. */
MUST_USE enum status liquid_compile(struct str text, struct liquid_options options, struct arena *a,
				    const struct liquid_template **out_r, struct liquid_problem *p);

/* ---- what a template uses: for checking content ---- */

enum liquid_use_kind {
	LIQUID_USE_VARIABLE, /* "lead.first_name"; what the template sets itself is left out */
	LIQUID_USE_FILTER,
	LIQUID_USE_TAG,
	LIQUID_USE_PARTIAL
};
struct liquid_use {
	enum liquid_use_kind kind;
	struct str name;
	uint32_t line, column;
	bool required; /* variable: printed without a `default`; stops under LIQUID_MISSING_STOPS */
};
/* In the order of the text; the same name comes once for each place. */
typedef void liquid_use_fn(void *ctx, const struct liquid_use *use);
void liquid_uses(const struct liquid_template *t, liquid_use_fn *each, void *ctx);

/* ---- rendering ---- */

enum liquid_missing {
	LIQUID_MISSING_EMPTY, /* prints nothing, as the reference does */
	/* A variable that is printed, or given to a filter, and is nil or blank stops the render
	 * with ST_NOT_FOUND, unless a `default` filter stands behind it. Conditions may ask. */
	LIQUID_MISSING_STOPS
};

struct liquid_conf {
	int64_t now_us;      /* what `now` and `today` are to the date filter */
	const struct tz *tz; /* dates are shown in it; NULL: UTC, or the offset of the text */
	bool html;           /* escape what is printed */
	enum liquid_missing missing;
	bool inline_errors;      /* print "Liquid error (line 1): ..." and go on, as previews do */
	uint32_t iterations_max; /* 0: LIQUID_ITERATIONS_MAX */
	size_t output_bytes_max; /* 0: LIQUID_OUTPUT_BYTES_MAX */
	/* A first name ("lead") that is not set in the template; asked before the data, once per
	 * render. NULL, or false: look in the data. */
	bool (*resolve)(void *ctx, struct str name, struct arena *a, struct liquid_value *out_r);
	/* A partial by name, compiled. NULL: there are none. ST_NOT_FOUND: no such partial; any
	 * other failure is told as p says. */
	enum status (*partial)(void *ctx, struct str name, const struct liquid_template **out_r,
			       struct liquid_problem *p);
	void *ctx;
};

/* Appends to out; on failure out is as it was. `data` is an object, or NULL. ST_NOT_FOUND: a
 * missing variable or partial; ST_LIMIT: a ceiling; ST_INVALID: anything else. */
MUST_USE enum status liquid_render(const struct liquid_template *t, const struct json *data,
				   const struct liquid_conf *conf, struct arena *a, struct buf *out,
				   struct liquid_problem *p);

#endif
