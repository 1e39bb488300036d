/* SPDX-License-Identifier: Apache-2.0
 * render.c: the way of a message: read, render, lay out, link, check, and a mail. */
#include "compose/internal.h"

#define TEXT_COLUMNS 72

struct work {
	const struct compose_in *in;
	struct compose_content content;
	struct compose_vars vars;
	struct compose_seen seen;
	struct arena *a;
	struct err *e;
};

/* ---- templates ---- */

static enum status run_template(struct work *w, const struct liquid_template *t, bool html,
				struct str *out, struct liquid_problem *p)
{
	struct buf b;
	struct liquid_conf conf = {
		.now_us = w->in->now_us,
		.tz = w->in->tz,
		.html = html,
		.missing = LIQUID_MISSING_STOPS,
		.resolve = compose_vars_resolve,
		.partial = html ? compose_partial : NULL,
		.ctx = &w->vars,
	};
	buf_init_arena(&b, w->a, LIQUID_OUTPUT_BYTES_MAX);
	enum status st = liquid_render(t, NULL, &conf, w->a, &b, p);
	if (st == ST_OK)
		*out = buf_view(&b);
	return st;
}

static enum status run(struct work *w, struct str template, bool html, struct str *out,
		       struct liquid_problem *p)
{
	const struct liquid_template *t = compose_kept_template(w->in->kept, template);
	*p = (struct liquid_problem){.status = ST_OK};
	enum status st = ST_OK;
	if (t == NULL)
		st = liquid_compile(template, (struct liquid_options){0}, w->a, &t, p);
	return st == ST_OK ? run_template(w, t, html, out, p) : st;
}

/* A value of the front matter as one line of plain text. */
static enum status run_line(struct work *w, const struct compose_text *text, struct str *out)
{
	struct liquid_problem p;
	struct str s = STR_NULL;
	struct buf b;
	if (text->line == 0)
		return ST_OK;
	if (run(w, text->text, false, &s, &p) != ST_OK)
		return compose_told(w->content.name, compose_text_place(text, &p), &p, w->e);
	buf_init_arena(&b, w->a, LIQUID_OUTPUT_BYTES_MAX);
	for (size_t i = 0; i < s.n; i++) {
		bool blank = (unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f;
		if (!blank)
			buf_byte(&b, s.p[i]);
		else if (b.n > 0 && b.p[b.n - 1] != ' ')
			buf_byte(&b, ' ');
	}
	if (!buf_ok(&b))
		return err_set(w->e, ST_LIMIT, STR_FMT ": too large", STR_ARG(w->content.name));
	*out = str_trim(buf_view(&b));
	return ST_OK;
}

/* ---- the parts of the front matter ---- */

static struct str reply_subject(struct str subject, struct arena *a)
{
	if (str_eq_nocase(str_slice(subject, 0, 3), STR("re:")))
		return subject;
	return arena_printf(a, "Re: " STR_FMT, STR_ARG(subject));
}

static enum status make_subject(struct work *w)
{
	const struct compose_thread *thread = &w->in->thread;
	uint32_t n = w->in->message->subject_n;
	if (n >= w->content.subjects_n)
		return err_set(w->e, ST_INVALID, STR_FMT ": no subject line %u, there are %zu",
			       STR_ARG(w->content.name), n + 1, w->content.subjects_n);
	if (thread->message_id.n > 0 && thread->subject.n > 0) {
		w->vars.subject = reply_subject(thread->subject, w->a);
		return ST_OK;
	}
	return run_line(w, &w->content.subjects[n], &w->vars.subject);
}

static enum status make_cta(struct work *w)
{
	struct str label = STR_NULL, url = STR_NULL;
	struct buf b;
	enum status st = run_line(w, &w->content.cta_label, &label);
	if (st == ST_OK)
		st = run_line(w, &w->content.cta_url, &url);
	if (st != ST_OK || w->content.cta_url.line == 0)
		return st;
	buf_init_arena(&b, w->a, 1u << 16);
	buf_z(&b, "<a class=\"cta\" href=\"");
	html_escape(url, &b);
	buf_z(&b, "\">");
	html_escape(label, &b);
	buf_z(&b, "</a>");
	w->vars.cta = buf_view(&b);
	return buf_ok(&b) ? ST_OK : err_set(w->e, ST_LIMIT, "cta: too large");
}

/* ---- body and layout ---- */

/* The layout that the content names, else the sender's, around what the body has become. */
static enum status lay_out(struct work *w, struct str *html)
{
	struct liquid_problem p = {.status = ST_OK};
	const struct liquid_template *t;
	const struct compose_text *own = &w->content.layout;
	struct str name = own->line != 0 ? own->text : w->in->program->sender.layout;
	if (name.n == 0 || str_is(name, CONTENT_LAYOUT_BUILT_IN)) {
		if (run(w, compose_layout(), true, html, &p) == ST_OK)
			return ST_OK;
		return compose_told(STR("layout"), (struct compose_place){p.line, p.column}, &p,
				    w->e);
	}
	enum status st = compose_part_get(&w->vars, CONTENT_LAYOUT, name, &t, &p);
	if (st == ST_NOT_FOUND)
		return err_set(w->e, ST_INVALID,
			       STR_FMT ": no layout called " STR_FMT
				       "; apply the program again with its content folder",
			       STR_ARG(w->content.name), STR_ARG(name));
	if (st == ST_OK)
		st = run_template(w, t, true, html, &p);
	return st == ST_OK ? ST_OK
			   : compose_told(name, (struct compose_place){p.line, p.column}, &p, w->e);
}

static enum status make_html(struct work *w, struct str *html)
{
	struct compose_body body;
	struct liquid_problem p;
	enum status st = compose_read_body(w->in, &w->content, w->a, &body, w->e);
	if (st != ST_OK)
		return st;
	if (run(w, body.html, true, &w->vars.content, &p) != ST_OK)
		return compose_told(w->content.name,
				    compose_body_place(&w->content, &body, p.line, p.column), &p,
				    w->e);
	w->vars.layout = true;
	if (w->vars.cta_used)
		w->vars.cta = STR_NULL;
	return lay_out(w, html);
}

/* ---- links ---- */

static bool has_class(struct str classes, const char *name)
{
	while (classes.n > 0) {
		if (str_is(str_trim(str_cut(&classes, ' ')), name))
			return true;
	}
	return false;
}

static enum status on_link(void *ctx, const struct html_link *link, struct buf *url, struct err *e)
{
	struct work *w = ctx;
	struct compose_seen *s = &w->seen;
	bool web = link->scheme == HTML_HTTP || link->scheme == HTML_HTTPS;
	bool primary = has_class(link->classes, "cta");
	(void)e;
	s->primary_n += primary;
	if (w->in->unsubscribe_url.n > 0 && str_eq(link->url, w->in->unsubscribe_url)) {
		s->unsubscribe = true;
		return ST_OK;
	}
	if (w->in->preferences_url.n > 0 && str_eq(link->url, w->in->preferences_url))
		return ST_OK;
	if (link->untracked && web)
		return ST_OK;
	struct str to = web ? w->in->link(w->in->ctx, link->url, s->tracked_n, primary) : STR_NULL;
	buf_str(url, to);
	s->tracked_n += to.n > 0;
	s->refused_n += to.n == 0 && link->scheme != HTML_MAILTO;
	return ST_OK;
}

static enum status make_links(struct work *w, struct str html)
{
	struct html_text_opts opts = {.width = TEXT_COLUMNS, .footnotes = true};
	struct html_rewrite how = {.link = on_link, .ctx = w};
	struct buf out, text, pixel;
	buf_init_arena(&pixel, w->a, 1u << 14);
	buf_init_arena(&out, w->a, HTML_BYTES_MAX);
	buf_init_arena(&text, w->a, HTML_BYTES_MAX);
	if (w->in->pixel_url.n > 0) {
		buf_z(&pixel, "<img src=\"");
		html_escape(w->in->pixel_url, &pixel);
		buf_z(&pixel, "\" width=\"1\" height=\"1\" alt=\"\">");
	}
	how.tail = buf_view(&pixel);
	enum status st = html_rewrite(html, &how, &out, &w->seen.report, w->e);
	if (st == ST_OK)
		st = html_to_text(buf_view(&out), &opts, w->a, &text, w->e);
	if (st != ST_OK)
		return err_wrap(w->e, STR_FMT, STR_ARG(w->content.name)), st;
	w->seen.html = buf_view(&out);
	w->seen.text = buf_view(&text);
	w->seen.subject = w->vars.subject;
	return ST_OK;
}

/* ---- the mail ---- */

static enum status make_references(struct work *w, struct mime_mail *mail)
{
	const struct compose_thread *t = &w->in->thread;
	size_t keep =
		t->references_n < MIME_REFERENCES_MAX ? t->references_n : MIME_REFERENCES_MAX - 1;
	if (t->message_id.n == 0)
		return ST_OK;
	struct str *all = ARENA_ARRAY(w->a, struct str, keep + 1);
	if (all == NULL)
		return err_set(w->e, ST_LIMIT, "compose: references do not fit");
	for (size_t i = 0; i < keep; i++)
		all[i] = t->references[t->references_n - keep + i];
	all[keep] = t->message_id;
	mail->in_reply_to = t->message_id;
	mail->references = all;
	mail->references_n = keep + 1;
	return ST_OK;
}

static enum status make_sender(struct work *w, struct mime_addr *reply_to)
{
	const struct program *p = w->in->program;
	enum status st = mime_addr_parse(p->sender.from, w->a, &w->vars.from, w->e);
	if (st == ST_OK && p->sender.reply_to.n > 0)
		st = mime_addr_parse(p->sender.reply_to, w->a, reply_to, w->e);
	if (st != ST_OK)
		return err_wrap(w->e, "send_as"), st;
	if (p->sender.name.n > 0)
		w->vars.from.name = p->sender.name;
	return run_line(w, &w->content.from_name, &w->vars.from.name);
}

static enum status make_mail(struct work *w, struct mime_mail *mail)
{
	const struct compose_in *in = w->in;
	struct mime_addr *to = ARENA_NEW(w->a, struct mime_addr);
	if (to == NULL)
		return err_set(w->e, ST_LIMIT, "compose: the mail does not fit");
	to->email = in->message->address;
	mail->from = w->vars.from;
	mail->to = to;
	mail->to_n = 1;
	mail->subject = w->seen.subject;
	mail->date_us = in->now_us;
	mail->zone_us = in->tz != NULL ? tz_offset_us(in->tz, in->now_us) : 0;
	mail->message_id = in->message_id;
	mail->unsubscribe_url = in->unsubscribe_url;
	mail->unsubscribe_email = in->unsubscribe_email;
	mail->list_id = in->list_id;
	mail->feedback_id = in->feedback_id;
	mail->text = w->seen.text;
	mail->html = w->seen.html;
	mail->dice = in->dice;
	return make_references(w, mail);
}

static enum status judge(struct work *w, struct compose_out *out)
{
	uint32_t not_so = compose_check_all(&w->seen);
	enum status st = ST_OK;
	for (unsigned i = COMPOSE_CHECK_COUNT; i-- > 0;) {
		bool warning = compose_check_warns((enum compose_check)i);
		uint32_t bit = not_so & (1u << i);
		out->warned |= warning ? bit : 0;
		out->failed |= warning ? 0 : bit;
		if (bit != 0 && !warning)
			st = err_set(w->e, ST_INVALID, STR_FMT ": check %s: a message has %s",
				     STR_ARG(w->content.name),
				     compose_check_wire((enum compose_check)i),
				     compose_check_words((enum compose_check)i));
	}
	return st;
}

enum status compose_render(const struct compose_in *in, struct compose_out *out, struct arena *a,
			   struct err *e)
{
	struct err unheard; /* a caller may not want the words; err_wrap needs a place for them */
	e = e != NULL ? e : &unheard;
	struct work w = {.in = in, .seen = {.in = in}, .a = a, .e = e};
	struct compose_out result = {0};
	struct str html = STR_NULL;
	compose_vars_init(&w.vars, in, a);
	enum status st = compose_read(in, a, &w.content, e);
	if (st == ST_OK)
		st = make_sender(&w, &result.mail.reply_to);
	if (st == ST_OK)
		st = make_subject(&w);
	if (st == ST_OK)
		st = run_line(&w, &w.content.preheader, &w.vars.preheader);
	if (st == ST_OK)
		st = make_cta(&w);
	if (st == ST_OK)
		st = make_html(&w, &html);
	if (st == ST_OK)
		st = make_links(&w, html);
	if (st == ST_OK)
		st = make_mail(&w, &result.mail);
	if (st != ST_OK)
		return st;
	result.preheader = w.vars.preheader;
	result.links_n = w.seen.report.links;
	result.tracked_n = w.seen.tracked_n;
	result.html_bytes = w.seen.html.n;
	result.text_bytes = w.seen.text.n;
	st = judge(&w, &result);
	*out = result;
	return st;
}
