/* SPDX-License-Identifier: Apache-2.0
 * pretend.h: the person and the servers at the other end of the simulated inbox. What they would
 * send is written as real mail and read by mailroom_read; what they would open or press is what the
 * doors behind links make of it. Only that it is a person's is known from the start, so that it
 * counts at once (docs/decisions/0020-hits.md).
 *
 * Pure. Thread: any. Memory: the caller's arena.
 */
#ifndef MAILROOM_PRETEND_H
#define MAILROOM_PRETEND_H

#include "mailroom/mailroom.h"

#define PRETEND_LINKS_MAX 64

/* A link of ours in a mail, in the order of its text. */
struct pretend_link {
	struct link link;
	struct str url;    /* as it stands in the mail */
	struct str target; /* of a click; else empty */
};

/* A mail to be looked at. */
struct pretend_view {
	struct str from, to, subject, date, message_id;
	struct str head, text, html; /* head: its lines; html may be empty */
	struct pretend_link links[PRETEND_LINKS_MAX];
	size_t links_n;
};
MUST_USE enum status pretend_look(struct str mail, const struct link_keys *keys, int64_t now_us,
				  struct arena *a, struct pretend_view *out, struct err *e);

enum pretend_act {
#define PRETEND(name, wire, words) PRETEND_##name,
#include "mailroom/pretend.def"
#undef PRETEND
	PRETEND_ACT_COUNT
};
const char *pretend_wire(enum pretend_act act);  /* "auto-reply" */
const char *pretend_words(enum pretend_act act); /* for people */
bool pretend_of(struct str wire, enum pretend_act *out);

struct pretend {
	enum pretend_act act;
	struct str mail, to, return_path; /* as it was put into the inbox */
	uint64_t message;                 /* of ours; 0: none */
	size_t link;                      /* CLICK: its number from 1; 0: the call to action */
	struct str text;                  /* REPLY: what they write */
	int64_t until_us; /* AUTO_REPLY: the day they are back; to come; TIME_NONE: unsaid */
	struct str nonce; /* names this act: letters and digits */
};
/* The events of it. ST_INVALID: it cannot be done with this mail (no such link, no text). */
MUST_USE enum status pretend_do(const struct pretend *p, const struct mailroom_conf *conf,
				struct arena *a, struct mailroom *out, struct err *e);

#endif
