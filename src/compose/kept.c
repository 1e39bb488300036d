/* SPDX-License-Identifier: Apache-2.0
 * kept.c: content that is rendered again and again: its file is read, its Markdown turned and its
 * templates compiled once. A template is found by where its text stands, since kept text does not
 * move. */
#include "compose/internal.h"

#define KEPT_MAX (CONTENT_SUBJECTS_MAX + 8)

struct kept_template {
	struct str text;
	const struct liquid_template *compiled;
};

struct compose_kept {
	struct compose_content content;
	struct compose_body body;
	struct kept_template templates[KEPT_MAX];
	size_t templates_n;
};

static enum status keep_one(struct compose_kept *k, struct str text, struct arena *a, struct err *e)
{
	struct liquid_problem p;
	struct kept_template *t = &k->templates[k->templates_n];
	enum status st = liquid_compile(text, (struct liquid_options){0}, a, &t->compiled, &p);
	if (st != ST_OK)
		return err_set(e, st, "%s", p.text);
	t->text = text;
	k->templates_n++;
	return ST_OK;
}

static enum status keep_all(struct compose_kept *k, struct arena *a, struct err *e)
{
	const struct compose_content *c = &k->content;
	const struct compose_text *const texts[] = {&c->preheader, &c->cta_label, &c->cta_url,
						    &c->from_name};
	enum status st = keep_one(k, k->body.html, a, e);
	if (st == ST_OK)
		st = keep_one(k, compose_layout(), a, e);
	for (size_t i = 0; st == ST_OK && i < c->subjects_n; i++)
		st = keep_one(k, c->subjects[i].text, a, e);
	for (size_t i = 0; st == ST_OK && i < sizeof texts / sizeof *texts; i++)
		if (texts[i]->line != 0)
			st = keep_one(k, texts[i]->text, a, e);
	return st;
}

enum status compose_keep(const struct compose_in *in, struct arena *a,
			 const struct compose_kept **out, struct err *e)
{
	struct compose_kept *k = ARENA_NEW(a, struct compose_kept);
	if (k == NULL)
		return err_set(e, ST_LIMIT, "content that is kept does not fit");
	enum status st = compose_content_parse(in->content_name, in->content, a, &k->content, e);
	if (st == ST_OK)
		st = compose_body_read(&k->content, a, &k->body, e);
	if (st == ST_OK)
		st = keep_all(k, a, e);
	k->content.name = STR_NULL; /* whoever renders it says under which name */
	if (st == ST_OK)
		*out = k;
	return st;
}

const struct liquid_template *compose_kept_template(const struct compose_kept *k, struct str text)
{
	for (size_t i = 0; k != NULL && i < k->templates_n; i++)
		if (k->templates[i].text.p == text.p && k->templates[i].text.n == text.n)
			return k->templates[i].compiled;
	return NULL;
}

enum status compose_read(const struct compose_in *in, struct arena *a, struct compose_content *out,
			 struct err *e)
{
	if (in->kept == NULL)
		return compose_content_parse(in->content_name, in->content, a, out, e);
	*out = in->kept->content;
	out->name = in->content_name; /* the same text may stand under several names */
	return ST_OK;
}

enum status compose_read_body(const struct compose_in *in, const struct compose_content *c,
			      struct arena *a, struct compose_body *out, struct err *e)
{
	if (in->kept == NULL)
		return compose_body_read(c, a, out, e);
	*out = in->kept->body;
	return ST_OK;
}
