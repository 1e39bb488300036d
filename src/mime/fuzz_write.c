/* SPDX-License-Identifier: Apache-2.0
 * fuzz_write.c: any bytes as the values of a mail: refused, or written as exactly the headers that
 * were asked for, in lines that every server takes; and then signed. */
#include "base/assert.h"
#include "mime/canon.h"
#include "mime/dkim.h"
#include "mime/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The secret of RFC 8463 A.2. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
			  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
			  "-----END PRIVATE KEY-----\n";

/* Values are divided by the byte 0x1e, which none may hold. */
static struct str next(struct str *rest)
{
	return str_cut(rest, '\x1e');
}

static void lines(struct str mail)
{
	size_t line = 0;
	for (size_t i = 0; i < mail.n; i++) {
		char c = mail.p[i];
		ASSERT(c != '\0');
		ASSERT(c != '\r' || (i + 1 < mail.n && mail.p[i + 1] == '\n'));
		ASSERT(c != '\n' || mail.p[i - 1] == '\r');
		line = c == '\n' ? 0 : line + 1;
		ASSERT(line <= 999); /* 998 and the CR */
	}
	ASSERT(line == 0);
}

static size_t fields_wanted(const struct mime_mail *m)
{
	size_t n = 7; /* From To Subject Date Message-ID MIME-Version Content-Type */
	n += m->reply_to.email.n > 0;
	n += m->in_reply_to.n > 0;
	n += m->references_n > 0;
	n += m->unsubscribe_url.n > 0 || m->unsubscribe_email.n > 0;
	n += m->unsubscribe_url.n > 0;
	n += m->list_id.n > 0;
	n += m->feedback_id.n > 0;
	n += m->html.n == 0 && m->files_n == 0; /* Content-Transfer-Encoding of the one part */
	return n + m->extra_n;
}

static void written(const struct mime_mail *m, struct str mail)
{
	static struct canon_field fields[CANON_FIELDS_MAX];
	static struct sign_key *key;
	struct str body;
	size_t n = 0;
	lines(mail);
	ASSERT(canon_split(mail, fields, &n, &body));
	ASSERT(n == fields_wanted(m));
	if (key == NULL)
		ASSERT(sign_key_load(str_of(pem), &key, NULL) == ST_OK);
	struct dkim_key k = {STR("x.example"), STR("s"), key};
	struct dkim_job job = {&k, 1, mail, 0};
	struct arena a;
	struct buf out;
	arena_init(&a, 8u << 20);
	buf_init(&out, 8192);
	ASSERT(dkim_sign(&job, &a, &out, NULL) == ST_OK);
	lines(buf_view(&out));
	buf_finish(&out);
	arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str rest = str_n((const char *)data, bytes);
	struct mime_addr to[2] = {{next(&rest), STR("ana@firm.example")}};
	struct mime_mail m = {.message_id = STR("tok@x.example"), .to = to, .to_n = 2};
	m.subject = next(&rest);
	m.text = next(&rest);
	m.html = next(&rest);
	m.from = (struct mime_addr){next(&rest), STR("hello@x.example")};
	to[1].email = next(&rest);
	to[1].email = to[1].email.n > 0 ? to[1].email : STR("bo@firm.example");
	m.in_reply_to = next(&rest);
	m.unsubscribe_url = next(&rest);
	m.unsubscribe_email = next(&rest);
	m.list_name = next(&rest);
	m.list_id = next(&rest);
	m.feedback_id = next(&rest);
	m.references = &m.in_reply_to;
	m.references_n = m.in_reply_to.n > 0;
	struct mime_header extra = {next(&rest), next(&rest)};
	m.extra = &extra;
	m.extra_n = extra.name.n > 0;
	struct mime_file file = {next(&rest), next(&rest), rest};
	m.files = &file;
	m.files_n = file.name.n > 0;
	m.dice = bytes;
	struct buf out;
	buf_init(&out, 8u << 20);
	enum status st = mime_write(&m, &out, NULL);
	if (st == ST_OK)
		written(&m, buf_view(&out));
	else
		ASSERT(out.n == 0 && buf_ok(&out));
	buf_finish(&out);
	return 0;
}
