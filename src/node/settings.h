/* SPDX-License-Identifier: Apache-2.0
 * settings.h: DIR/settings.json: how messages leave and come back on this machine.
 *
 * The program says what to say to whom; this file says through which server. It holds no secrets:
 * they are named, as a file or a variable of the environment, and read when they are needed. No
 * file, and an empty one, mean test mode: nothing leaves but into the simulated inbox.
 *
 *   T1  A key that is not known, given twice, of the wrong type or out of its range is refused
 *       with its place ("settings.json: smtp[0].port: ...") and what would be right.
 *   T2  A secret in the file is refused.
 *
 * Memory: texts live on the caller's arena, NUL-terminated. Thread: any.
 */
#ifndef NODE_SETTINGS_H
#define NODE_SETTINGS_H

#include "base/arena.h"
#include "base/status.h"
#include "node/node.h"
#include "observe/link.h"
#include "smtp/pace.h"

#define SETTINGS_FILE "settings.json"
#define SETTINGS_BYTES_MAX ((size_t)64 << 10)
#define SETTINGS_RELAYS_MAX 16
#define SETTINGS_DKIM_MAX 4
#define SETTINGS_WARM_UP_MAX 60
#define SETTINGS_MAPS_MAX 16

enum settings_mode { SETTINGS_TEST, SETTINGS_LIVE };

/* Where a secret is: one of the two, or neither. */
struct settings_secret {
	const char *file; /* seen from the data folder; NULL: not given */
	const char *env;  /* NULL: not given */
};

/* A text that was not given is NULL. */
struct settings_relay {
	const char *name, *host, *user, *ca, *tls_name, *helo;
	int64_t port, connections;
	int64_t security; /* enum smtp_security */
	struct settings_secret password;
};

struct settings_dkim {
	const char *domain, *selector, *key_file;
	int64_t algorithm; /* enum sign_kind; -1: whatever the key is */
};

struct settings_map { /* how JSON of a sender's own is read: ingest/mapping.h */
	const char *name, *map, *type, *purpose;
};

struct settings_mailbox {
	const char *host, *user, *folder, *move_to, *ca; /* host NULL: there is none */
	int64_t port;
	int64_t security; /* enum inbound_imap_security */
	struct settings_secret password;
};

struct settings {
	int64_t mode;           /* enum settings_mode */
	const char *public_url; /* no slash at its end; NULL: the daemon's own */
	struct settings_relay smtp[SETTINGS_RELAYS_MAX];
	size_t smtp_n;
	struct settings_dkim dkim[SETTINGS_DKIM_MAX];
	size_t dkim_n;
	const char *return_prefix, *return_domain; /* domain NULL: that of the sender's address */
	const char *list_id;                       /* NULL: none */
	struct smtp_rate pace[SMTP_PROVIDER_COUNT], pace_sender;
	uint32_t warm_up[SETTINGS_WARM_UP_MAX];
	size_t warm_up_n; /* 0: senders are warm */
	struct settings_mailbox mailbox;
	const char *webhook_url; /* of hand-offs; NULL: none */
	struct settings_secret webhook_secret;
	struct settings_map maps[SETTINGS_MAPS_MAX];
	size_t maps_n;
};

/* ST_OK with the defaults when there is no file. ST_INVALID says file, key and the way out. */
MUST_USE enum status settings_load(const char *dir, struct arena *a, struct settings *out,
				   struct err *e);
/* The same over a text. */
MUST_USE enum status settings_parse(struct str text, struct arena *a, struct settings *out,
				    struct err *e);
/* The secret's text without white space around it. ST_NOT_FOUND: its file or variable is not
 * there; `key` is what it is called in the message. Given nowhere: ST_OK and an empty text. */
MUST_USE enum status settings_secret(const char *dir, const struct settings_secret *s,
				     const char *key, struct arena *a, struct str *out,
				     struct err *e);
/* Every key there is, as "smtp.host": what the reference is checked against. */
typedef void settings_key_fn(void *ctx, const char *key);
void settings_each_key(settings_key_fn *fn, void *ctx);
/* A file named in the settings, seen from the data folder. */
const char *settings_path(const char *dir, const char *file, char out[NODE_PATH_MAX]);

/* The keys that sign links and return addresses: DIR/links.json, for the owner's eyes only. Made
 * when it is not there; two processes that meet in this get the same. ST_CORRUPT: it is damaged:
 * links in mail that is out in the world die with it, so it is never replaced. */
MUST_USE enum status node_link_keys(const char *dir, struct link_keys *out, struct err *e);

#endif
