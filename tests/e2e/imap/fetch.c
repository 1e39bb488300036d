/* SPDX-License-Identifier: Apache-2.0
 * fetch.c: the IMAP fetcher on its own, for tests/e2e/imap.sh: every message becomes a file, synced
 * before it counts, and the cursor a file beside them. What a daemon does with its log, in small.
 *
 * usage: imap_fetch HOST PORT tls|starttls|plain CA USER PASSWORD FOLDER MOVE_TO DIR BYTES_MAX
 *        CA and MOVE_TO may be "-". Runs until its standard input ends. A line on standard output
 *        tells of each message: its file, " cut", " renumbered". */
#include "base/arena.h"
#include "base/assert.h"
#include "base/file.h"
#include "inbound/imap.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct keep {
	const char *folder;
};

static enum status take(void *ctx, const struct inbound_imap_message *m, struct err *e)
{
	const struct keep *k = ctx;
	char path[512], text[64];
	snprintf(path, sizeof path, "%s/%u-%u.eml", k->folder, m->cursor.uid_validity,
		 m->cursor.uid);
	enum status st = file_write_atomic(path, m->bytes, 0600, e);
	if (st != ST_OK)
		return st;
	printf("%u-%u%s%s\n", m->cursor.uid_validity, m->cursor.uid, m->cut ? " cut" : "",
	       m->renumbered ? " renumbered" : "");
	fflush(stdout);
	snprintf(path, sizeof path, "%s/cursor", k->folder);
	snprintf(text, sizeof text, "%u %u", m->cursor.uid_validity, m->cursor.uid);
	st = file_write_atomic(path, str_of(text), 0600, e);
	/* For the test that kills us between durable and marked. */
	if (st == ST_OK && getenv("IMAP_FETCH_DIE") != NULL)
		_exit(9);
	return st;
}

static struct inbound_imap_cursor cursor_of(const char *folder)
{
	char path[512];
	struct inbound_imap_cursor c = {0, 0};
	struct arena a;
	struct str text;
	uint64_t validity, uid;
	snprintf(path, sizeof path, "%s/cursor", folder);
	arena_init(&a, 1u << 16);
	if (file_read(path, 100, &a, &text, NULL) == ST_OK &&
	    str_to_u64(str_cut(&text, ' '), &validity) && str_to_u64(text, &uid))
		c = (struct inbound_imap_cursor){(uint32_t)validity, (uint32_t)uid};
	arena_finish(&a);
	return c;
}

static const char *or_null(const char *z)
{
	return strcmp(z, "-") == 0 ? NULL : z;
}

/* Until standard input ends; tells when it connects and when it fails. */
static void watch(struct inbound_imap *f)
{
	struct inbound_imap_state now, told = {0};
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char c;
	while (poll(&in, 1, 50) == 0 || read(0, &c, 1) > 0) {
		inbound_imap_look(f, &now);
		if (now.connected && !told.connected)
			fprintf(stderr, "connected\n");
		if (now.failures != told.failures)
			fprintf(stderr, "failed: %s\n", now.last.text);
		told = now;
	}
}

int main(int argc, char **argv)
{
	struct inbound_imap *f;
	struct err e;
	if (argc != 11) {
		fprintf(stderr, "usage: see fetch.c\n");
		return 2;
	}
	struct keep keep = {argv[9]};
	struct inbound_imap_conf conf = INBOUND_IMAP_CONF_DEFAULT;
	conf.host = argv[1];
	conf.port = (unsigned)strtoul(argv[2], NULL, 10);
	conf.security = strcmp(argv[3], "tls") == 0        ? INBOUND_IMAP_TLS
			: strcmp(argv[3], "starttls") == 0 ? INBOUND_IMAP_STARTTLS
							   : INBOUND_IMAP_PLAIN;
	conf.ca_path = or_null(argv[4]);
	conf.user = argv[5];
	conf.password = argv[6];
	conf.folder = argv[7];
	conf.move_to = or_null(argv[8]);
	conf.message_bytes_max = strtoul(argv[10], NULL, 10);
	conf.pause_first_us = 100000;
	conf.pause_max_us = 1000000;
	conf.cursor = cursor_of(argv[9]);
	conf.take = take;
	conf.ctx = &keep;
	if (inbound_imap_start(&conf, &f, &e) != ST_OK) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	watch(f);
	struct inbound_imap_state state;
	inbound_imap_look(f, &state);
	inbound_imap_stop(&f);
	fprintf(stderr, "taken %llu, failures %llu, last: %s\n", (unsigned long long)state.taken,
		(unsigned long long)state.failures, state.last.text);
	return 0;
}
