/* SPDX-License-Identifier: Apache-2.0
 * status.c: one table behind names, classes and HTTP codes, so that API, CLI and
 * queues can never disagree about what an outcome means. */
#include "base/status.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum status_class class;
	int http;
} rows[ST_COUNT] = {
#define STATUS(n, wire, c, code) [ST_##n] = {wire, STATUS_CLASS_##c, code},
#include "base/status.def"
#undef STATUS
};

const char *status_name(enum status st)
{
	ASSERT(st < ST_COUNT);
	return rows[st].name;
}

enum status_class status_class(enum status st)
{
	ASSERT(st < ST_COUNT);
	return rows[st].class;
}

int status_http(enum status st)
{
	ASSERT(st < ST_COUNT);
	return rows[st].http;
}

#undef err_set /* the macro around it */
enum status err_set(struct err *e, enum status st, const char *fmt, ...)
{
	ASSERT(st < ST_COUNT);
	if (e == NULL)
		return st;
	e->status = st;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof e->text, fmt, ap); /* cut text is still text */
	va_end(ap);
	return st;
}

enum status err_wrap(struct err *e, const char *fmt, ...)
{
	ASSERT(e != NULL);
	char inner[sizeof e->text];
	memcpy(inner, e->text, sizeof inner);
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->text)
		(void)snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", inner);
	return e->status;
}

void err_clear(struct err *e)
{
	if (e == NULL)
		return;
	e->status = ST_OK;
	e->text[0] = '\0';
}
