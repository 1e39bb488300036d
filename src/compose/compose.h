/* SPDX-License-Identifier: Apache-2.0
 * compose.h: from a chosen message to the text that leaves.
 *
 * Content, layout and what is known of a lead go in; a mail comes out that mime/ can write, or a
 * reason why there is none. Where things stand in content and layout:
 *
 *   lead.*, account.*   as in conditions (program/field.def and declared fields), else the trait
 *   sender.name, .email, .reply_to, .postal_address
 *   message.id, .name, .angle, .track, .step, .persona, .purpose
 *   unsubscribe_url, preferences_url
 *   cta                 the button; put at the end when the body does not say where
 *   content, preheader, subject     in a layout only
 * A layout is the one that the content names, else the sender's, else the built-in one. Partials
 * see the same names and what they are given.
 *
 *   C1  A slot that is empty stops the message and is named, unless it has a `default`.
 *   C2  Nothing a lead says of itself becomes markup, Markdown, Liquid or a header.
 *   C3  Every link in the mail is one the caller made, mailto:, or to unsubscribe and choose; the
 *       plain text holds the same links as the HTML.
 *   C4  The same input gives the same mail: no clock, no dice.
 * Thread: any. Memory: everything lives on the arena.
 */
#ifndef COMPOSE_COMPOSE_H
#define COMPOSE_COMPOSE_H

#include "base/tz.h"
#include "compose/content.h"
#include "mime/mime.h"
#include "model/message.h"
#include "program/program.h"

#define COMPOSE_SUBJECT_MAX 150       /* bytes; phones show 40 of them */
#define COMPOSE_HTML_MAX (100u << 10) /* bytes; Gmail cuts off what is beyond 102 KB */
#define COMPOSE_PART_MAX (64u << 10)  /* bytes of a partial or a layout */
#define COMPOSE_PARTS_MAX 64          /* different ones in one mail */

/* What is looked at before a message leaves. */
enum compose_check {
#define CHECK(name, wire, warning, words) COMPOSE_##name,
#include "compose/check.def"
#undef CHECK
	COMPOSE_CHECK_COUNT
};
const char *compose_check_wire(enum compose_check c);  /* "one_cta" */
const char *compose_check_words(enum compose_check c); /* what must hold, for people */
bool compose_check_warns(enum compose_check c);        /* it does not stop the message */

/* The message that is continued. */
struct compose_thread {
	struct str subject, message_id; /* message_id without <>; empty: a new thread */
	const struct str *references;   /* oldest first, without message_id */
	size_t references_n;
};

struct compose_kept;
struct liquid_template;
/* A partial or layout of the version that the message belongs to. */
struct compose_part {
	struct str text;                        /* looked at when it is not compiled */
	const struct liquid_template *compiled; /* by compose_part_keep; NULL: not kept */
};

struct compose_in {
	struct str content_name, content; /* name for messages: "planning-cost/story.md" */
	const struct compose_kept *kept;  /* of this content; NULL: read anew */
	const struct program *program;    /* sender and declared fields */
	const struct message *message;
	const struct json *profile, *account; /* the rows, parsed; NULL: absent */
	const struct tz *tz;                  /* of the lead; NULL: UTC */
	int64_t now_us;
	/* The tracked link for the n-th http(s) link; empty: it cannot be tracked, and the message
	 * is refused. */
	struct str (*link)(void *ctx, struct str url, size_t n, bool primary);
	/* A partial or layout by its name, for as long as this mail is made; what it reads may go
	 * on `a`. ST_NOT_FOUND: there is none, and the message is refused. NULL: there are none. */
	enum status (*part)(void *ctx, enum content_part_kind kind, struct str name,
			    struct arena *a, struct compose_part *out, struct err *e);
	void *ctx;                                     /* of both */
	struct str unsubscribe_url, unsubscribe_email; /* e-mail may be empty */
	struct str preferences_url, pixel_url;         /* may be empty */
	struct str message_id, list_id, feedback_id;   /* of the mail's headers; the first needed */
	uint64_t dice;                                 /* as in struct mime_mail */
	struct compose_thread thread;
};

struct compose_out {
	struct mime_mail mail;
	struct str preheader;
	unsigned links_n, tracked_n; /* in the HTML; those of them that `link` made */
	size_t html_bytes, text_bytes;
	uint32_t failed, warned; /* bits 1 << enum compose_check */
};

/* The content of `in`, read and compiled once for many renders; nothing else of `in` is looked at.
 * Read-only; lives as long as the arena and the content's bytes.
 * ST_INVALID, ST_LIMIT: it cannot be rendered; rendering it without says where it is wrong. */
MUST_USE enum status compose_keep(const struct compose_in *in, struct arena *a,
				  const struct compose_kept **out, struct err *e);

/* The same for a partial or a layout. */
MUST_USE enum status compose_part_keep(enum content_part_kind kind, struct str name,
				       struct str text, struct arena *a,
				       const struct liquid_template **out, struct err *e);

/* ST_INVALID: the content is wrong, a slot is empty or a check failed; `e` says which, where and
 * how to put it right, never a value of the lead. ST_LIMIT: a ceiling. When checks failed `out` is
 * filled all the same, so that a preview can show them all; nothing of it may leave. */
MUST_USE enum status compose_render(const struct compose_in *in, struct compose_out *out,
				    struct arena *a, struct err *e);

#endif
