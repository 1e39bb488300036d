/* SPDX-License-Identifier: Apache-2.0
 * status.h: how a call ended, and the words that go with it.
 *
 * Every fallible function returns enum status and takes a struct err * as its
 * last parameter. Detail is text for a person: what, where, why, how to fix.
 * Thread: any. Memory: none is allocated.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum status {
#define STATUS(name, wire, class, http) ST_##name,
#include "base/status.def"
#undef STATUS
	ST_COUNT
};

/* What a queue does with work that ended so. */
enum status_class {
	STATUS_CLASS_DONE,
	STATUS_CLASS_RETRY,
	STATUS_CLASS_GIVE_UP,
	STATUS_CLASS_HUMAN
};

const char *status_name(enum status st); /* "not_found" */
enum status_class status_class(enum status st);
int status_http(enum status st); /* 404 */

/* One failure, in words. `text` is always NUL-terminated; longer text is cut. */
struct err {
	enum status status;
	char text[480];
};

/* Fills e (which may be NULL) and returns st, so that `return err_set(...)` reads as a sentence. */
enum status err_set(struct err *e, enum status st, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "context: " before what e already says; keeps its status and returns it. */
enum status err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_clear(struct err *e);

/* A compiler sees one file at a time: this tells it that the status given is the one returned, so
 * that it knows which results were written. */
static inline enum status err_known(enum status returned, enum status given)
{
	if (returned != given)
		__builtin_unreachable();
	return given;
}
#ifdef __clang_analyzer__
#define err_set(e, st, ...) (err_set(e, st, __VA_ARGS__), (st)) /* it gives up inlining too early */
#else
#define err_set(e, st, ...) err_known(err_set(e, st, __VA_ARGS__), st)
#endif

#endif
