/* SPDX-License-Identifier: Apache-2.0
 * letter.h: the bytes of a stored message, and the envelope they travel in.
 *
 * Everything is read from committed state: the message's row, its content by hash, the lead's and
 * the company's rows. The same function serves the thread that sends, `preview`, and the simulated
 * inbox, so what is shown is what leaves.
 *
 *   L1  A letter that cannot be whole (an empty slot, a failed check) is none: the reason says
 *       file, line and the way out, and never a value of the lead.
 *   L2  Everything that comes back names the message, unforgeably: links, picture, return path and
 *       Message-ID carry signed tokens (observe/link.h).
 *   L3  The same message at the same instant gives the same bytes.
 *
 * Links: PUBLIC_URL/t/TOKEN?u=TARGET, /o/TOKEN.gif, /u/TOKEN, /p/TOKEN. Message-ID:
 * m.ADDRESS-TOKEN@domain of From. Return path: PREFIX+ADDRESS-TOKEN@domain.
 * Memory: letters live on the caller's arena. Thread: `struct letters` any; a desk is one thread's.
 */
#ifndef DELIVER_LETTER_H
#define DELIVER_LETTER_H

#include "compose/compose.h"
#include "node/settings.h"
#include "store/store.h"

#define LETTER_BYTES_MAX (2u << 20)
#define LETTER_ARENA_MAX ((size_t)48 << 20)
/* struct link.n of a click: the place of the link, and this bit when it is the call to action. */
#define LETTER_LINK_CTA LINK_CTA
/* "unsubscribe+ADDRESS-TOKEN@domain": written beside the link when return_path names a domain. */
#define LETTER_UNSUBSCRIBE_PREFIX "unsubscribe"

/* What all letters share: keys that sign, where links lead. Read-only once it is made. */
struct letters;
struct letters_conf {
	const char *dir;
	const struct settings *settings; /* copied where needed; texts must outlive the letters */
	const char *public_url;          /* when the settings say none; no slash at its end.
					  * NULL: letters_at comes before the first letter */
};
/* ST_NOT_FOUND, ST_INVALID: a key that cannot be read or may not sign, and what to do. */
MUST_USE enum status letters_create(const struct letters_conf *conf, struct letters **out,
				    struct err *e);
/* Where this process answers, unless the settings say where links lead. */
void letters_at(struct letters *l, const char *public_url);
void letters_destroy(struct letters **l); /* accepts NULL inside; leaves NULL */

/* A writing desk: a reader of the state with what it remembers of programs and content. */
struct letter_desk;
struct letter_desk *letter_desk_create(const struct letters *l, struct store *store);
void letter_desk_destroy(
	struct letter_desk **d); /* accepts NULL inside; the store is not its own */
/* The program in force in the state as it is now; lives until the next call. ST_NOT_FOUND: none
 * has been applied. */
MUST_USE enum status letter_program(struct letter_desk *d, const struct program **out,
				    struct err *e);
/* The same for who knows its version; 0: none has been applied. */
MUST_USE enum status letter_program_of(struct letter_desk *d, uint64_t version,
				       const struct program **out, struct err *e);

/* A message nobody has chosen, as it would be for a lead under the version in force: number 0, to
 * look at. ST_NOT_FOUND says which messages, or which angles of it, there are. */
struct letter_draft {
	uint64_t lead;
	struct str name, angle; /* angle empty: the first one */
	uint32_t subject_n;
};
MUST_USE enum status letter_draft(struct letter_desk *d, const struct letter_draft *want,
				  struct arena *a, struct message *out, struct err *e);

struct letter {
	struct str bytes;          /* signatures, header, body: ready for DATA */
	struct str from, to;       /* of the envelope */
	struct str sender, domain; /* domains of From and of the recipient: for pacing */
	struct compose_out composed;
};
/* ST_INVALID, ST_LIMIT: the message cannot leave as it is (L1); `out->composed` is then what there
 * is of it. ST_CORRUPT: the state is not whole. Others come from the store. */
struct letter_question {
	const struct message *message;
	int64_t now_us;
	bool bare; /* not signed: a preview */
	/* The rows of whose it is now, when they were read already in this snapshot; else NULL. */
	const struct lead *lead;
	const struct json *profile;
};
MUST_USE enum status letter_make(struct letter_desk *d, const struct letter_question *q,
				 struct arena *a, struct letter *out, struct err *e);

#endif
