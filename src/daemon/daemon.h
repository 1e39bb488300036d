/* SPDX-License-Identifier: Apache-2.0
 * daemon.h: the parts wired into one running process.
 *
 *   server threads --decode--> appender --commit--> answer, wake --> runner (engine) --> state
 *        |                                                             ^
 *        '--admin requests--> desks (one thread per lane, its readers) | clock.tick
 *
 *   runner --hand over--> deliver (letters, mail servers) --answers--> appender
 *
 * Stopping is a drawn order: the door closes (requests in hand are still committed and answered),
 * then the desks; the runner folds no more; conversations with mail servers end and their answers
 * are appended; then the appender, the files.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "api/api.h"
#include "net/http_server.h"
#include "node/node.h"

#define DAEMON_WEBHOOKS_MAX 32
#define DAEMON_SECRETS_MAX 8

struct daemon_webhook {
	struct str name;                        /* {source} in /v1/webhook/{source} */
	struct str secrets[DAEMON_SECRETS_MAX]; /* "whsec_..." */
	size_t secrets_n;
};

struct daemon_conf {
	struct node_conf node;
	struct http_server_conf http;
	struct api_conf api;
	const char *links_url;   /* where links of mails lead, unless settings.json has a
				    public_url; NULL: to where it listens */
	bool strict;             /* per-item refusals are errors for every sender */
	int64_t stop_grace_us;   /* for requests in hand */
	int64_t retain_every_us; /* how often retention looks; 0: never */
	/* A line for whoever runs the daemon, on some thread; rare. NULL: nobody listens. */
	void (*say)(void *ctx, const char *line);
	void *say_ctx;
	bool no_mailbox; /* that of the settings is not read: who plays time forward for a moment
			  * takes no mail in at times to come, and marks none */
	bool told_full;  /* that the disk is full at the start has been said */
	struct daemon_webhook webhooks[DAEMON_WEBHOOKS_MAX];
	size_t webhooks_n;
};
struct daemon_conf daemon_conf_default(const char *dir);

struct daemon;

/* Opens, recovers, folds what a crash left behind, listens. Writes daemon.json and admin.token. */
MUST_USE enum status daemon_start(const struct daemon_conf *conf, struct daemon **out,
				  struct err *e);
/* Graceful: nothing that was acknowledged is lost, everything in hand is answered. */
void daemon_stop(struct daemon **d);
const char *daemon_address(const struct daemon *d); /* where it listens: "0.0.0.0" */
const char *daemon_url(const struct daemon *d);
/* The node's own numbers, for status lines. */
void daemon_stats(struct daemon *d, struct engine_stats *out);

#endif
