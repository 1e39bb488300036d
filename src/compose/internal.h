/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of this room share.
 */
#ifndef COMPOSE_INTERNAL_H
#define COMPOSE_INTERNAL_H

#include "compose/compose.h"
#include "liquid/liquid.h"
#include "mime/html.h"

/* ---- vars.c: what a template may ask for ---- */

struct compose_part_row {
	enum content_part_kind kind;
	struct str name;
	const struct liquid_template *compiled;
};
struct compose_parts {
	struct compose_part_row rows[COMPOSE_PARTS_MAX];
	size_t n;
};
struct compose_vars {
	const struct compose_in *in;
	struct arena *a;
	struct compose_parts parts; /* that this mail has asked for */
	struct liquid_object lead, account, sender, message;
	struct mime_addr from;
	/* For the layout; content and cta are HTML already. */
	struct str content, cta, preheader, subject;
	bool layout;   /* it is the layout that asks */
	bool cta_used; /* the body said where the button goes */
};
void compose_vars_init(struct compose_vars *v, const struct compose_in *in, struct arena *a);
bool compose_vars_resolve(void *ctx, struct str name, struct arena *a, struct liquid_value *out_r);

/* ---- parts.c ---- */

/* Under its name: "partials/signature.liquid". ST_INVALID or ST_LIMIT fill *p. */
MUST_USE enum status compose_part_compile(enum content_part_kind kind, struct str name,
					  struct str text, struct arena *a,
					  const struct liquid_template **out,
					  struct liquid_problem *p);
/* ST_NOT_FOUND: there is none. What else fails is told in *p. */
MUST_USE enum status compose_part_get(struct compose_vars *v, enum content_part_kind kind,
				      struct str name, const struct liquid_template **out,
				      struct liquid_problem *p);
/* The same for partials, as liquid_conf wants it; ctx: struct compose_vars. */
enum status compose_partial(void *ctx, struct str name, const struct liquid_template **out,
			    struct liquid_problem *p);

/* ---- body.c: Markdown with Liquid in it, as HTML with Liquid in it ---- */

struct compose_body {
	struct str html; /* a Liquid template */
	struct str map;  /* array of struct body_place; NULL: html is the source */
};
MUST_USE enum status compose_body_read(const struct compose_content *c, struct arena *a,
				       struct compose_body *out, struct err *e);
/* A place of a file, from 1; line 0: not known. */
struct compose_place {
	unsigned line, col;
};
/* The place of the file that a place of the template came from. */
struct compose_place compose_body_place(const struct compose_content *c,
					const struct compose_body *b, unsigned line,
					unsigned column);
/* The same for a value of the front matter, which is a template of one line. */
struct compose_place compose_text_place(const struct compose_text *text,
					const struct liquid_problem *p);

/* Fills e: file, line, column, what is wrong. ST_INVALID or ST_LIMIT. A problem in a partial or
 * layout goes by that one's name and place, not by those given. */
enum status compose_told(struct str name, struct compose_place at, const struct liquid_problem *p,
			 struct err *e);
/* ---- kept.c: what `in` keeps, else read from its content ---- */

MUST_USE enum status compose_read(const struct compose_in *in, struct arena *a,
				  struct compose_content *out, struct err *e);
MUST_USE enum status compose_read_body(const struct compose_in *in, const struct compose_content *c,
				       struct arena *a, struct compose_body *out, struct err *e);
/* NULL: this text was not kept. */
const struct liquid_template *compose_kept_template(const struct compose_kept *k, struct str text);

/* ---- layout.c ---- */

struct str compose_layout(void);

/* ---- check.c ---- */

struct compose_seen {
	const struct compose_in *in;
	struct str subject, html, text;
	struct html_report report;
	unsigned primary_n, tracked_n, refused_n; /* links: calls to action; tracked; not allowed */
	bool unsubscribe;                         /* the HTML leads there */
};
/* Bits of the checks that do not hold. */
uint32_t compose_check_all(const struct compose_seen *s);

#endif
