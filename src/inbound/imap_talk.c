/* SPDX-License-Identifier: Apache-2.0
 * imap_talk.c: the part of RFC 3501 that fetching needs. Responses are read whole (a line, and the
 * literals in it), literals past their ceiling are read and dropped, and of each untagged response
 * we note the few facts somebody asks for; the rest of IMAP passes by. */
#include "inbound/imap_talk.h"

#include "inbound/text.h"

#include <stdio.h>

void imap_talk_init(struct imap_talk *t, struct imap_source source, size_t literal_bytes_max)
{
	*t = (struct imap_talk){.source = source};
	buf_init(&t->line, IMAP_LINE_BYTES_MAX);
	buf_init(&t->literal, literal_bytes_max);
	t->uids = mem_array(IMAP_UIDS_MAX, sizeof *t->uids);
}

void imap_talk_finish(struct imap_talk *t)
{
	buf_finish(&t->line);
	buf_finish(&t->literal);
	mem_free(t->uids);
	t->uids = NULL;
}

void imap_talk_forget(struct imap_talk *t)
{
	t->in_at = t->in_n = 0;
}

/* ---- reading ---- */

static enum status fill(struct imap_talk *t, struct err *e)
{
	if (t->in_at < t->in_n)
		return ST_OK;
	t->in_at = t->in_n = 0;
	return t->source.read(t->source.ctx, t->in, sizeof t->in, &t->in_n, e);
}

/* Up to the line's end, onto what the response has so far. */
static enum status read_line(struct imap_talk *t, struct err *e)
{
	for (;;) {
		enum status st = fill(t, e);
		if (st != ST_OK)
			return st;
		struct str ahead = str_n(t->in + t->in_at, t->in_n - t->in_at);
		size_t n = str_find_byte(ahead, '\n');
		buf_put(&t->line, ahead.p, n);
		t->in_at += n < ahead.n ? n + 1 : n;
		if (!buf_ok(&t->line))
			return err_set(e, ST_LIMIT, "the IMAP server sends lines without end");
		if (n == ahead.n)
			continue;
		if (t->line.n > 0 && t->line.p[t->line.n - 1] == '\r')
			t->line.n--;
		return ST_OK;
	}
}

/* "... {123}" or "{123+}" at the end: a literal follows. */
static bool literal_announced(struct str line, uint64_t *bytes_r, size_t *at_r)
{
	if (line.n < 3 || line.p[line.n - 1] != '}')
		return false;
	size_t at = line.n - 1;
	while (at > 0 && line.p[at] != '{')
		at--;
	struct str number = str_slice(line, at + 1, line.n - 1);
	if (number.n > 0 && number.p[number.n - 1] == '+')
		number.n--;
	*at_r = at;
	return line.p[at] == '{' && str_to_u64(number, bytes_r) && *bytes_r <= UINT32_MAX;
}

static enum status read_literal(struct imap_talk *t, uint64_t bytes, struct err *e)
{
	buf_reset(&t->literal);
	t->literal_cut = false;
	while (bytes > 0) {
		enum status st = fill(t, e);
		if (st != ST_OK)
			return st;
		size_t n = t->in_n - t->in_at;
		if (n > bytes)
			n = (size_t)bytes;
		size_t room = t->literal.bytes_max - t->literal.n;
		buf_put(&t->literal, t->in + t->in_at, n < room ? n : room);
		t->literal_cut |= n > room;
		t->in_at += n;
		bytes -= n;
	}
	return ST_OK;
}

/* ---- noting ---- */

/* Cuts the next word off: up to a space, outside of brackets and quotes we never need. */
static struct str word(struct str *rest)
{
	return str_cut(rest, ' ');
}

static bool to_u32(struct str s, uint32_t *out_r)
{
	uint64_t v;
	if (!str_to_u64(s, &v) || v > UINT32_MAX)
		return false;
	*out_r = (uint32_t)v;
	return true;
}

/* The number behind a name: "UIDVALIDITY 17]" -> 17. */
static bool number_behind(struct str line, const char *name, uint32_t *out_r)
{
	size_t at = text_find_nocase(line, str_of(name));
	struct str digits = str_slice(line, at + strlen(name), line.n);
	size_t n = 0;
	while (n < digits.n && text_is_digit(digits.p[n]))
		n++;
	return at < line.n && to_u32(str_slice(digits, 0, n), out_r);
}

static void note_capabilities(struct imap_talk *t, struct str list)
{
	t->can_idle = t->can_move = t->can_uidplus = t->can_starttls = t->no_login = false;
	t->can_sasl_ir = false;
	while (list.p != NULL) {
		struct str name = word(&list);
		while (name.n > 0 && name.p[name.n - 1] == ']')
			name.n--;
		t->can_idle |= str_eq_nocase(name, STR("IDLE"));
		t->can_move |= str_eq_nocase(name, STR("MOVE"));
		t->can_uidplus |= str_eq_nocase(name, STR("UIDPLUS"));
		t->can_starttls |= str_eq_nocase(name, STR("STARTTLS"));
		t->can_sasl_ir |= str_eq_nocase(name, STR("SASL-IR"));
		t->no_login |= str_eq_nocase(name, STR("LOGINDISABLED"));
	}
}

/* [CAPABILITY ...] and [UIDVALIDITY n] of an OK. */
static void note_code(struct imap_talk *t, struct str line)
{
	static const char capability[] = "[capability ";
	size_t at = text_find_nocase(line, STR("[capability "));
	struct str list = str_slice(line, at + sizeof capability - 1, line.n);
	(void)number_behind(line, "[uidvalidity ", &t->uid_validity);
	if (at < line.n)
		note_capabilities(t, str_slice(list, 0, str_find_byte(list, ']')));
}

static void note_search(struct imap_talk *t, struct str list)
{
	while (list.p != NULL && t->uid_count < IMAP_UIDS_MAX)
		if (to_u32(word(&list), &t->uids[t->uid_count]))
			t->uid_count++;
}

static void note_fetch(struct imap_talk *t, struct str body)
{
	uint32_t uid = 0, size = 0;
	if (!number_behind(body, "uid ", &uid))
		return; /* somebody changed a flag */
	(void)number_behind(body, "rfc822.size ", &size);
	t->fetch_uid = uid;
	t->fetch_size = size;
	t->fetched = text_has_nocase(body, "body[]") && text_has_nocase(body, "{}");
}

static void note_untagged(struct imap_talk *t, struct str rest)
{
	uint32_t number;
	struct str first = word(&rest);
	if (str_eq_nocase(first, STR("OK")) || str_eq_nocase(first, STR("PREAUTH"))) {
		note_code(t, rest);
	} else if (str_eq_nocase(first, STR("BYE"))) {
		t->bye = true;
	} else if (str_eq_nocase(first, STR("CAPABILITY"))) {
		note_capabilities(t, rest);
	} else if (str_eq_nocase(first, STR("SEARCH"))) {
		note_search(t, rest);
	} else if (to_u32(first, &number)) {
		struct str what = word(&rest);
		if (str_eq_nocase(what, STR("EXISTS")))
			t->exists = number;
		else if (str_eq_nocase(what, STR("FETCH")))
			note_fetch(t, rest);
	}
}

enum status imap_talk_response(struct imap_talk *t, struct err *e)
{
	uint64_t bytes;
	size_t at;
	buf_reset(&t->line);
	for (;;) {
		enum status st = read_line(t, e);
		if (st != ST_OK)
			return st;
		if (!literal_announced(buf_view(&t->line), &bytes, &at))
			break;
		st = read_literal(t, bytes, e);
		if (st != ST_OK)
			return st;
		t->line.n = at;
		buf_z(&t->line, "{}");
	}
	struct str line = buf_view(&t->line);
	if (str_starts(line, STR("* ")))
		note_untagged(t, str_slice(line, 2, line.n));
	else if (line.n == 0 || (line.p[0] != '+' && line.p[0] != 'n'))
		return err_set(e, ST_CORRUPT, "what the server says is not IMAP");
	return ST_OK;
}

enum status imap_talk_greet(struct imap_talk *t, struct err *e)
{
	enum status st = imap_talk_response(t, e);
	if (st != ST_OK)
		return st;
	if (t->bye || !text_starts_nocase(buf_view(&t->line), "* ok"))
		return err_set(e, ST_UNAVAILABLE, "the IMAP server does not want us now");
	return ST_OK;
}

/* ---- commands ---- */

enum status imap_talk_send(struct imap_talk *t, struct str bytes, struct err *e)
{
	return t->source.write(t->source.ctx, bytes, e);
}

/* Is it the end of the last command? Then how it ended. */
static bool ends(const struct imap_talk *t, const char *what, enum status *st_r, struct err *e)
{
	char tag[16];
	snprintf(tag, sizeof tag, "n%u ", t->tag);
	struct str line = buf_view(&t->line);
	if (!str_starts(line, str_of(tag)))
		return false;
	struct str rest = str_slice(line, strlen(tag), line.n);
	struct str result = word(&rest);
	if (str_eq_nocase(result, STR("OK")))
		*st_r = ST_OK;
	else if (str_eq_nocase(result, STR("NO")))
		*st_r = err_set(e, ST_DENIED, "the IMAP server refuses: %s", what);
	else
		*st_r = err_set(e, ST_INVALID, "the IMAP server does not understand: %s", what);
	return true;
}

enum status imap_talk_end(struct imap_talk *t, const char *what, struct err *e)
{
	for (;;) {
		enum status st = imap_talk_response(t, e);
		if (st != ST_OK)
			return st;
		if (ends(t, what, &st, e)) {
			if (st == ST_OK)
				note_code(t, buf_view(&t->line));
			return st;
		}
		if (t->bye)
			return err_set(e, ST_UNAVAILABLE, "the IMAP server said goodbye");
	}
}

static enum status send_command(struct imap_talk *t, struct str command, struct err *e)
{
	struct buf b;
	buf_init(&b, IMAP_LINE_BYTES_MAX);
	buf_printf(&b, "n%u ", ++t->tag);
	buf_str(&b, command);
	buf_z(&b, "\r\n");
	enum status st = buf_ok(&b) ? imap_talk_send(t, buf_view(&b), e)
				    : err_set(e, ST_LIMIT, "a command is too long");
	buf_finish(&b);
	return st;
}

enum status imap_talk_command(struct imap_talk *t, const char *what, struct str command,
			      struct err *e)
{
	enum status st = send_command(t, command, e);
	return st == ST_OK ? imap_talk_end(t, what, e) : st;
}

enum status imap_talk_begin(struct imap_talk *t, const char *what, struct str command,
			    struct err *e)
{
	enum status st = send_command(t, command, e);
	while (st == ST_OK) {
		enum status ended;
		st = imap_talk_response(t, e);
		if (st != ST_OK || (t->line.n > 0 && t->line.p[0] == '+'))
			return st;
		if (ends(t, what, &ended, e))
			return ended == ST_OK ? err_set(e, ST_CORRUPT, "%s ended too early", what)
					      : ended;
	}
	return st;
}

void imap_talk_quote(struct buf *b, const char *z)
{
	buf_byte(b, '"');
	for (; *z != '\0'; z++) {
		if (*z == '"' || *z == '\\')
			buf_byte(b, '\\');
		buf_byte(b, *z);
	}
	buf_byte(b, '"');
}
