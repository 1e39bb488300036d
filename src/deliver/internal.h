/* SPDX-License-Identifier: Apache-2.0
 * internal.h: what the files of this room share.
 */
#ifndef DELIVER_INTERNAL_H
#define DELIVER_INTERNAL_H

#include "base/map.h"
#include "deliver/letter.h"
#include "mime/dkim.h"
#include "model/lead.h"

struct letters_key {
	struct sign_key *key;
	struct dkim_key dkim; /* borrows the settings' texts */
};

struct letters {
	char *dir, *public_url;
	const struct settings *settings;
	struct link_keys links;
	struct letters_key keys[SETTINGS_DKIM_MAX];
	size_t keys_n;
};
/* The keys that sign mail from a domain; returns how many. */
size_t letters_dkim_for(const struct letters *l, struct str domain,
			struct dkim_key out[SETTINGS_DKIM_MAX]);

/* ---- letter.c, letter_notice.c ---- */

/* One letter being written. */
struct writing {
	struct letter_desk *d;
	const struct message *m;
	const struct desk_version *version;
	struct mime_addr from;
	struct str domain; /* of From */
	int64_t now_us;
	const struct lead *lead; /* known already, with the profile; or NULL */
	const struct json *profile;
	struct arena *a;
};
/* "PUBLIC_URL/h/TOKEN"; empty: such a link cannot be made. */
struct str letter_page(const struct writing *w, const struct link *link, const char *path,
		       const char *tail);
struct str letter_mail_id(const struct writing *w, uint64_t id);
/* A message of the system's own: everything but the envelope. ST_INVALID: of a kind that is not
 * written as a mail. */
MUST_USE enum status letter_notice(const struct writing *w, struct mime_mail *out, struct err *e);

/* ---- letter_desk.c: what a desk remembers ---- */

#define DESK_VERSIONS_MAX 8

struct desk_version {
	uint64_t number; /* 0: free */
	uint64_t used;
	struct program *program;
	struct content_index content;
	struct arena arena;
};

struct letter_desk {
	const struct letters *letters;
	struct store *store;
	struct desk_version versions[DESK_VERSIONS_MAX];
	uint64_t uses;
	/* Content by hash, partials and layouts by name and hash; time zones by name. */
	struct strmap texts, zones;
	struct arena text_arena, zone_arena;
};

MUST_USE enum status desk_version(struct letter_desk *d, uint64_t number,
				  const struct desk_version **out, struct err *e);
/* A content file by its hash (hex), until the next letter. ST_NOT_FOUND: it was never brought. */
struct desk_text {
	struct str text;
	const struct compose_kept *kept;        /* of content; NULL: it is not kept compiled */
	const struct liquid_template *compiled; /* the same of a partial or layout */
};
MUST_USE enum status desk_content(struct letter_desk *d, struct str name, struct str hash,
				  const struct desk_text **out, struct err *e);
/* The same for a partial or a layout. */
MUST_USE enum status desk_part(struct letter_desk *d, const struct content_part *part,
			       struct compose_part *out, struct err *e);
/* Before a letter: what it will ask for has room, and nothing it holds is forgotten meanwhile. */
void desk_room(struct letter_desk *d);
/* NULL: no such zone. */
const struct tz *desk_zone(struct letter_desk *d, struct str name);

#endif
