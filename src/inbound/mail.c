/* SPDX-License-Identifier: Apache-2.0
 * mail.c: GMime finds the parts, undoes transfer encodings and charsets; everything is copied to
 * the arena and GMime's objects are gone before we return, so nobody else counts references.
 *
 * Header fields are read by field.c from the bytes themselves: reports come with headers that a
 * strict parser rewrites or drops, and bounces quote them in bodies too. */
#include "inbound/mail.h"

#include "base/status.h"
#include "base/time.h"
#include "inbound/text.h"

#include <gmime/gmime.h>
#include <pthread.h>

#define HEAD_BYTES_MAX ((size_t)1 << 20)

static pthread_once_t once = PTHREAD_ONCE_INIT;

struct walk {
	const struct mail_limits *limits;
	struct arena *arena;
	struct mail *out;
	struct mail_part *parts; /* parts_max of them */
	bool full;               /* the arena is */
};

static struct str lower_z(const char *z, struct arena *a)
{
	return z != NULL ? text_lower(str_of(z), a) : STR("");
}

/* The types somebody reads; all others are only named. */
static bool is_read(struct str type)
{
	return str_starts(type, STR("text/")) || str_starts(type, STR("message/"));
}

/* A filter to UTF-8; NULL when there is nothing to convert or nobody knows the charset. Text
 * without a charset that is no UTF-8 is taken for what most of it was written in. */
static GMimeFilter *charset_filter(GMimeObject *part, struct str raw)
{
	const char *charset = g_mime_object_get_content_type_parameter(part, "charset");
	bool valid = str_utf8_valid(raw);
	if (charset == NULL && !valid)
		charset = memchr(raw.p, 0x1b, raw.n) != NULL ? "iso-2022-jp" : "windows-1252";
	if (charset == NULL && memmem(raw.p, raw.n, "\x1b$B", 3) != NULL)
		charset = "iso-2022-jp";
	if (charset == NULL)
		return NULL;
	if (valid && (g_ascii_strcasecmp(charset, "us-ascii") == 0 ||
		      g_ascii_strcasecmp(charset, "utf-8") == 0))
		return NULL;
	return g_mime_filter_charset_new(charset, "utf-8");
}

static struct str keep(struct walk *w, const guint8 *p, size_t n)
{
	struct str s = str_upto(str_n((const char *)p, n), w->limits->text_bytes_max);
	w->out->cut |= s.n < n;
	struct str copy = arena_str(w->arena, s);
	w->full |= copy.p == NULL;
	return copy.p != NULL ? text_utf8(copy, w->arena) : STR("");
}

static struct str convert(struct walk *w, GMimeObject *part, GByteArray *raw)
{
	struct str text = str_n((const char *)raw->data, raw->len);
	GMimeFilter *filter = raw->len > 0 ? charset_filter(part, text) : NULL;
	if (filter == NULL)
		return keep(w, raw->data, raw->len);
	char *out;
	size_t n, prespace;
	g_mime_filter_complete(filter, (char *)raw->data, raw->len, 0, &out, &n, &prespace);
	text = keep(w, (const guint8 *)out, n);
	g_object_unref(filter);
	return text;
}

static struct str decode(struct walk *w, GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	if (content == NULL)
		return STR("");
	GMimeStream *mem = g_mime_stream_mem_new();
	(void)g_mime_data_wrapper_write_to_stream(content, mem);
	GByteArray *raw = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	/* Cut before the charset is known: a giant part must not be converted whole. */
	if (raw->len > 4 * w->limits->text_bytes_max) {
		g_byte_array_set_size(raw, (guint)(4 * w->limits->text_bytes_max));
		w->out->cut = true;
	}
	struct str text = convert(w, GMIME_OBJECT(part), raw);
	g_object_unref(mem);
	return text;
}

static struct str part_type(struct walk *w, GMimeObject *o)
{
	GMimeContentType *type = g_mime_object_get_content_type(o);
	if (type == NULL)
		return STR("text/plain");
	const char *major = g_mime_content_type_get_media_type(type);
	const char *minor = g_mime_content_type_get_media_subtype(type);
	struct str name = arena_printf(w->arena, "%s/%s", major != NULL ? major : "text",
				       minor != NULL ? minor : "plain");
	w->full |= name.p == NULL;
	return name.p != NULL ? text_lower(name, w->arena) : STR("");
}

static struct mail_part *add_part(struct walk *w, GMimeObject *o)
{
	if (w->out->part_count == w->limits->parts_max) {
		w->out->cut = true;
		return NULL;
	}
	struct mail_part *p = &w->parts[w->out->part_count++];
	const char *format = g_mime_object_get_content_type_parameter(o, "format");
	const char *shown = g_mime_object_get_disposition(o);
	*p = (struct mail_part){.type = part_type(w, o)};
	p->flowed = format != NULL && g_ascii_strcasecmp(format, "flowed") == 0;
	p->attached = shown != NULL && g_ascii_strcasecmp(shown, "attachment") == 0;
	return p;
}

static void add_leaf(struct walk *w, GMimeObject *o)
{
	struct mail_part *p = add_part(w, o);
	if (p == NULL)
		return;
	const char *name = g_mime_part_get_filename(GMIME_PART(o));
	p->filename = name != NULL ? keep(w, (const guint8 *)name, strlen(name)) : STR("");
	if (is_read(p->type))
		p->text = decode(w, GMIME_PART(o));
}

static void add_message(struct walk *w, GMimeObject *o)
{
	struct mail_part *p = add_part(w, o);
	GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
	if (p == NULL || inner == NULL)
		return;
	char *head = g_mime_object_get_headers(GMIME_OBJECT(inner), NULL);
	p->text = keep(w, (const guint8 *)head, strlen(head));
	g_free(head);
}

/* Multiparts nest as deep as depth_max; below it nothing is looked at. */
static void walk(struct walk *w, GMimeObject *o, unsigned depth)
{
	if (o == NULL || w->full)
		return;
	if (GMIME_IS_MESSAGE_PART(o)) {
		add_message(w, o);
		return;
	}
	if (GMIME_IS_PART(o)) {
		add_leaf(w, o);
		return;
	}
	if (!GMIME_IS_MULTIPART(o) || depth == w->limits->depth_max) {
		w->out->cut |= GMIME_IS_MULTIPART(o);
		return;
	}
	int count = g_mime_multipart_get_count(GMIME_MULTIPART(o));
	for (int i = 0; i < count && w->out->part_count < w->limits->parts_max; i++)
		walk(w, g_mime_multipart_get_part(GMIME_MULTIPART(o), i), depth + 1);
}

/* An mbox separator before the headers belongs to the mailbox, not to the message. */
static struct str without_mbox_line(struct str bytes)
{
	struct str line;
	while (str_starts(bytes, STR("From ")) || str_starts(bytes, STR(">From ")))
		if (!text_line(&bytes, &line))
			break;
	return bytes;
}

static void split(struct str bytes, struct mail *out)
{
	struct str line, rest = bytes;
	size_t head = 0;
	while (text_line(&rest, &line) && line.n > 0)
		head = bytes.n - rest.n;
	out->head_raw = str_slice(bytes, 0, head);
	out->body_raw = rest;
}

static void read_parts(struct walk *w, GMimeMessage *message)
{
	GMimeObject *top = g_mime_message_get_mime_part(message);
	if (top == NULL)
		return;
	w->out->type = part_type(w, top);
	w->out->report_type =
		lower_z(g_mime_object_get_content_type_parameter(top, "report-type"), w->arena);
	walk(w, top, 0);
}

bool mail_read(struct str bytes, const struct mail_limits *limits, struct arena *a,
	       struct mail *out)
{
	(void)pthread_once(&once, g_mime_init);
	*out = (struct mail){.type = STR("text/plain"), .report_type = STR("")};
	bytes = without_mbox_line(bytes);
	split(bytes, out);
	struct str head = arena_str(a, str_upto(out->head_raw, HEAD_BYTES_MAX));
	if (head.p == NULL)
		return false;
	out->head_raw = head;
	(void)fields_next(&head, a, &out->head);
	struct walk w = {.limits = limits, .arena = a, .out = out};
	w.parts = ARENA_ARRAY(a, struct mail_part, limits->parts_max);
	if (w.parts == NULL)
		return false;
	out->parts = w.parts;
	GMimeStream *in = g_mime_stream_mem_new_with_buffer(bytes.n > 0 ? bytes.p : "", bytes.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(in);
	g_object_unref(in);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	if (message != NULL) {
		read_parts(&w, message);
		g_object_unref(message);
	}
	return !w.full;
}

struct str mail_decode(struct str value, struct arena *a)
{
	(void)pthread_once(&once, g_mime_init);
	char *z = arena_strz(a, value);
	char *decoded = z != NULL ? g_mime_utils_header_decode_text(NULL, z) : NULL;
	if (decoded == NULL)
		return STR("");
	struct str out = arena_str(a, str_of(decoded));
	g_free(decoded);
	return out.p != NULL ? text_utf8(out, a) : STR("");
}

int64_t mail_date(struct str value)
{
	char z[128];
	if (value.n == 0 || value.n >= sizeof z)
		return TIME_NONE;
	memcpy(z, value.p, value.n);
	z[value.n] = '\0';
	(void)pthread_once(&once, g_mime_init);
	GDateTime *at = g_mime_utils_header_decode_date(z);
	if (at == NULL)
		return TIME_NONE;
	int64_t us = g_date_time_to_unix(at) * US_PER_S;
	g_date_time_unref(at);
	return us;
}
