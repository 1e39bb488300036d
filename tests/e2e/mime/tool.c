/* SPDX-License-Identifier: Apache-2.0
 * tool.c: the mail room on a pipe, for tests that look at it with other people's programs.
 *
 * usage: mime-tool serve         a JSON object a line in, one out; see the table of verbs
 *        mime-tool bench [N]     microseconds of CPU for building and signing a message
 * Bytes that JSON cannot hold travel as base64. */
#include "base/crypto.h"
#include "base/json.h"
#include "mime/dkim.h"
#include "mime/markdown.h"
#include "mime/mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define BYTES_MAX (32u << 20)

struct call {
	struct arena *a;
	struct json doc;
	uint32_t node; /* the object whose members get() reads */
	struct json_w *w;
	struct err e;
};

static struct str get_in(struct call *c, uint32_t node, const char *key)
{
	struct str s = json_str(&c->doc, json_get(&c->doc, node, key), c->a);
	return s.p != NULL ? s : STR_NULL;
}

static struct str get(struct call *c, const char *key)
{
	return get_in(c, c->node, key);
}

static struct str get_bytes(struct call *c, uint32_t node, const char *key)
{
	struct buf b;
	buf_init_arena(&b, c->a, BYTES_MAX);
	struct str text = get_in(c, node, key);
	return base64_decode(text, &b) ? buf_view(&b) : STR_NULL;
}

static int64_t get_i64(struct call *c, const char *key)
{
	int64_t v = 0;
	(void)json_i64(&c->doc, json_get(&c->doc, c->node, key), &v);
	return v;
}

static void answer(struct call *c, enum status st, const char *key, const struct buf *out)
{
	json_w_kz(c->w, "status", status_name(st));
	if (st != ST_OK) {
		json_w_kz(c->w, "error", c->e.text);
		return;
	}
	struct buf text;
	buf_init_arena(&text, c->a, BYTES_MAX);
	base64_encode(buf_view(out), &text);
	json_w_kstr(c->w, key, buf_view(&text));
}

static struct mime_addr get_addr(struct call *c, uint32_t node)
{
	return (struct mime_addr){get_in(c, node, "name"), get_in(c, node, "email")};
}

/* ---- verbs ---- */

static void read_lists(struct call *c, struct mime_mail *m)
{
	static struct mime_addr to[MIME_TO_MAX];
	static struct mime_header extra[MIME_EXTRA_MAX];
	static struct mime_file files[MIME_FILES_MAX];
	static struct str references[MIME_REFERENCES_MAX];
	const struct json *d = &c->doc;
	uint32_t list = json_get(d, c->node, "to");
	for (uint32_t i = json_first(d, list); i != JSON_NONE && m->to_n < MIME_TO_MAX;
	     i = json_next(d, list, i))
		to[m->to_n++] = get_addr(c, i);
	list = json_get(d, c->node, "extra");
	for (uint32_t i = json_first(d, list); i != JSON_NONE && m->extra_n < MIME_EXTRA_MAX;
	     i = json_next(d, list, i))
		extra[m->extra_n++] =
			(struct mime_header){get_in(c, i, "name"), get_in(c, i, "value")};
	list = json_get(d, c->node, "files");
	for (uint32_t i = json_first(d, list); i != JSON_NONE && m->files_n < MIME_FILES_MAX;
	     i = json_next(d, list, i))
		files[m->files_n++] = (struct mime_file){get_in(c, i, "name"), get_in(c, i, "type"),
							 get_bytes(c, i, "data")};
	list = json_get(d, c->node, "references");
	for (uint32_t i = json_first(d, list);
	     i != JSON_NONE && m->references_n < MIME_REFERENCES_MAX; i = json_next(d, list, i))
		references[m->references_n++] = json_str(d, i, c->a);
	m->to = to, m->extra = extra, m->files = files, m->references = references;
}

static void verb_write(struct call *c)
{
	struct mime_mail m = {
		.from = get_addr(c, json_get(&c->doc, c->node, "from")),
		.reply_to = get_addr(c, json_get(&c->doc, c->node, "reply_to")),
		.subject = get(c, "subject"),
		.date_us = get_i64(c, "date_us"),
		.zone_us = get_i64(c, "zone_us"),
		.message_id = get(c, "message_id"),
		.in_reply_to = get(c, "in_reply_to"),
		.unsubscribe_url = get(c, "unsubscribe_url"),
		.unsubscribe_email = get(c, "unsubscribe_email"),
		.list_id = get(c, "list_id"),
		.list_name = get(c, "list_name"),
		.feedback_id = get(c, "feedback_id"),
		.automatic = (enum mime_auto)(get_i64(c, "automatic") & 1),
		.text = get(c, "text"),
		.html = get(c, "html"),
		.dice = 0x0123456789abcdef,
	};
	struct buf out;
	read_lists(c, &m);
	buf_init_arena(&out, c->a, BYTES_MAX);
	answer(c, mime_write(&m, &out, &c->e), "message", &out);
}

/* A key of either kind, with its PEM: {"kind": "rsa"|"ed25519", "bits": 2048}. */
static void verb_key(struct call *c)
{
	struct sign_key *key;
	struct buf out;
	enum sign_kind kind = str_is(get(c, "kind"), "rsa") ? SIGN_RSA : SIGN_ED25519;
	buf_init_arena(&out, c->a, BYTES_MAX);
	enum status st = sign_key_create(kind, (unsigned)get_i64(c, "bits"), &key, &c->e);
	if (st == ST_OK) {
		sign_key_pem(key, &out);
		sign_key_destroy(&key);
	}
	answer(c, st, "pem", &out);
}

/* {"message": base64, "keys": [{"pem", "domain", "selector"}], "at_us"}: signatures and records. */
static void verb_sign(struct call *c)
{
	struct dkim_key keys[DKIM_KEYS_MAX];
	struct sign_key *loaded[DKIM_KEYS_MAX] = {NULL};
	struct dkim_job job = {keys, 0, get_bytes(c, c->node, "message"), get_i64(c, "at_us")};
	struct buf out;
	enum status st = ST_OK;
	uint32_t list = json_get(&c->doc, c->node, "keys");
	buf_init_arena(&out, c->a, BYTES_MAX);
	for (uint32_t i = json_first(&c->doc, list); i != JSON_NONE && job.keys_n < DKIM_KEYS_MAX;
	     i = json_next(&c->doc, list, i)) {
		struct sign_key **key = &loaded[job.keys_n];
		st = sign_key_load(get_in(c, i, "pem"), key, &c->e);
		if (st != ST_OK)
			break;
		keys[job.keys_n++] =
			(struct dkim_key){get_in(c, i, "domain"), get_in(c, i, "selector"), *key};
		st = dkim_key_check(&keys[job.keys_n - 1], &c->e);
	}
	json_w_key(c->w, "records");
	json_w_object(c->w);
	for (size_t i = 0; i < job.keys_n; i++) {
		struct buf name, text;
		buf_init_arena(&name, c->a, 8192);
		buf_init_arena(&text, c->a, 8192);
		dkim_record_name(&keys[i], &name);
		dkim_record_text(&keys[i], &text);
		json_w_key_str(c->w, buf_view(&name));
		json_w_str(c->w, buf_view(&text));
	}
	json_w_end(c->w);
	if (st == ST_OK)
		st = dkim_sign(&job, c->a, &out, &c->e);
	answer(c, st, "headers", &out);
	for (size_t i = 0; i < DKIM_KEYS_MAX; i++)
		sign_key_destroy(&loaded[i]);
}

static void verb_html(struct call *c)
{
	struct markdown_opts opts = {.raw_html = false};
	struct buf out;
	buf_init_arena(&out, c->a, BYTES_MAX);
	answer(c, markdown_to_html(get(c, "markdown"), &opts, &out, &c->e), "html", &out);
}

static void verb_text(struct call *c)
{
	struct html_text_opts opts = {.width = (size_t)get_i64(c, "width")};
	struct buf out;
	buf_init_arena(&out, c->a, BYTES_MAX);
	answer(c, html_to_text(get(c, "html"), &opts, c->a, &out, &c->e), "text", &out);
}

static const struct {
	const char *name;
	void (*run)(struct call *c);
} verbs[] = {
	{"write", verb_write}, {"key", verb_key},   {"sign", verb_sign},
	{"html", verb_html},   {"text", verb_text},
};

static void serve_line(struct str line, struct arena *a, struct buf *out)
{
	struct json_w w;
	struct call c = {.a = a, .w = &w};
	json_w_init(&w, out);
	json_w_object(&w);
	enum status st = json_parse(line, JSON_LIMITS_EVENT, a, &c.doc, &c.e);
	struct str verb = st == ST_OK ? get(&c, "verb") : STR_NULL;
	bool known = false;
	for (size_t i = 0; st == ST_OK && i < sizeof verbs / sizeof *verbs; i++) {
		if (!str_is(verb, verbs[i].name))
			continue;
		known = true;
		verbs[i].run(&c);
	}
	if (!known)
		json_w_kz(&w, "status", st == ST_OK ? "no such verb" : c.e.text);
	json_w_end(&w);
	buf_byte(out, '\n');
}

static int serve(void)
{
	struct arena a;
	struct buf out;
	char *line = NULL;
	size_t cap = 0;
	arena_init(&a, 512u << 20);
	buf_init(&out, BYTES_MAX * 2);
	for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
		buf_reset(&out);
		arena_reset(&a);
		serve_line(str_n(line, (size_t)n - 1), &a, &out);
		(void)fwrite(out.p, 1, out.n, stdout);
		(void)fflush(stdout);
	}
	free(line);
	buf_finish(&out);
	arena_finish(&a);
	return 0;
}

/* ---- figures ---- */

struct bench {
	struct mime_mail mail;
	struct buf message, headers, text;
	struct dkim_key rsa, ed;
	struct arena a;
	struct str html;
};

static void run_build(struct bench *b)
{
	buf_reset(&b->message);
	if (mime_write(&b->mail, &b->message, NULL) != ST_OK)
		exit(1);
}

static void sign_with(struct bench *b, const struct dkim_key *key)
{
	struct dkim_job job = {key, 1, buf_view(&b->message), b->mail.date_us};
	arena_reset(&b->a);
	buf_reset(&b->headers);
	if (dkim_sign(&job, &b->a, &b->headers, NULL) != ST_OK)
		exit(1);
}

static void run_rsa(struct bench *b)
{
	sign_with(b, &b->rsa);
}

static void run_ed(struct bench *b)
{
	sign_with(b, &b->ed);
}

static void run_text(struct bench *b)
{
	struct html_text_opts opts = {.width = 72};
	buf_reset(&b->text);
	arena_reset(&b->a);
	if (html_to_text(b->html, &opts, &b->a, &b->text, NULL) != ST_OK)
		exit(1);
}

static enum status track(void *ctx, const struct html_link *link, struct buf *url, struct err *e)
{
	(void)ctx, (void)link, (void)e;
	buf_z(url, "https://l.example/c/0123456789abcdef");
	return ST_OK;
}

static void run_links(struct bench *b)
{
	struct html_rewrite how = {.link = track};
	struct html_report report;
	buf_reset(&b->text);
	if (html_rewrite(b->html, &how, &b->text, &report, NULL) != ST_OK)
		exit(1);
}

/* CPU time: it stays true on a machine that others use too. */
static int64_t cpu_us(void)
{
	struct rusage u;
	(void)getrusage(RUSAGE_SELF, &u); /* cannot fail for SELF */
	return u.ru_utime.tv_sec * INT64_C(1000000) + u.ru_utime.tv_usec;
}

static void measure(const char *name, void (*run)(struct bench *), struct bench *b, unsigned n)
{
	for (unsigned i = 0; i < n / 10; i++)
		run(b);
	int64_t from = cpu_us();
	for (unsigned i = 0; i < n; i++)
		run(b);
	printf("%-34s %8.2f us CPU\n", name, (double)(cpu_us() - from) / n);
}

static void fill(struct bench *b, struct buf *html, struct buf *text)
{
	static const struct mime_addr to[] = {{{"Ana Lima", 8}, {"ana@firm.example", 16}}};
	buf_z(html, "<html><body><h1>Three ways to shorten the month</h1>\n");
	for (int i = 0; i < 9; i++)
		buf_printf(html,
			   "<p>It took them nine days to close the books, and now it takes %d. "
			   "Here is <a "
			   "href=\"https://www.larkspur.example/guide?part=%d&amp;x=1\">how "
			   "they did it</a>: match early, agree on a cut-off.</p>\n",
			   i, i);
	buf_z(html, "</body></html>\n");
	struct html_text_opts opts = {.width = 72};
	if (html_to_text(buf_view(html), &opts, &b->a, text, NULL) != ST_OK)
		exit(1);
	b->html = buf_view(html);
	b->mail = (struct mime_mail){
		.from = {STR("Larkspur"), STR("hello@mail.larkspur.example")},
		.to = to,
		.to_n = 1,
		.subject = STR("Three ways to shorten the month \xe2\x80\x93 for you"),
		.date_us = INT64_C(1795269900000000),
		.message_id = STR("0123456789abcdef0123456789abcdef@mail.larkspur.example"),
		.unsubscribe_url = STR("https://l.example/u/0123456789abcdef0123456789abcdef"),
		.unsubscribe_email = STR("unsub+0123456789abcdef@mail.larkspur.example"),
		.feedback_id = STR("q4:larkspur:nurture:larkspur"),
		.text = buf_view(text),
		.html = b->html,
		.dice = 7,
	};
}

static int bench(unsigned n)
{
	struct bench b = {0};
	struct buf html, text;
	struct sign_key *rsa, *ed;
	arena_init(&b.a, 16u << 20);
	buf_init(&html, 1u << 20);
	buf_init(&text, 1u << 20);
	buf_init(&b.message, 1u << 20);
	buf_init(&b.headers, 1u << 20);
	buf_init(&b.text, 1u << 20);
	fill(&b, &html, &text);
	if (sign_key_create(SIGN_RSA, 2048, &rsa, NULL) != ST_OK ||
	    sign_key_create(SIGN_ED25519, 0, &ed, NULL) != ST_OK)
		return 1;
	b.rsa = (struct dkim_key){STR("mail.larkspur.example"), STR("s1"), rsa};
	b.ed = (struct dkim_key){STR("mail.larkspur.example"), STR("s2"), ed};
	run_build(&b);
	printf("text %zu, html %zu, message %zu bytes\n", text.n, html.n, b.message.n);
	measure("build multipart/alternative", run_build, &b, n);
	measure("DKIM rsa-sha256, 2048 bits", run_rsa, &b, n / 20);
	measure("DKIM ed25519-sha256", run_ed, &b, n / 20);
	measure("html to text", run_text, &b, n / 4);
	measure("links replaced, report", run_links, &b, n / 4);
	sign_key_destroy(&rsa);
	sign_key_destroy(&ed);
	buf_finish(&html);
	buf_finish(&text);
	buf_finish(&b.message);
	buf_finish(&b.headers);
	buf_finish(&b.text);
	arena_finish(&b.a);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t n = 100000;
	if (argc >= 2 && str_is(str_of(argv[1]), "serve"))
		return serve();
	if (argc >= 2 && str_is(str_of(argv[1]), "bench") &&
	    (argc == 2 || (str_to_u64(str_of(argv[2]), &n) && n >= 100 && n <= 100000000)))
		return bench((unsigned)n);
	fputs("usage: mime-tool serve | bench [N]\n", stderr);
	return 2;
}
