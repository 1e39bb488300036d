/* SPDX-License-Identifier: Apache-2.0
 * disk.c: the disk may be full and not full many times a second, when somebody deletes a little;
 * so a new line about it waits for its minute, and an end that was not begun aloud is not told. */
#include "daemon/disk.h"

#include <stdio.h>

void disk_init(struct disk *n, void (*say)(void *ctx, const char *line), void *ctx)
{
	*n = (struct disk){.say = say, .ctx = ctx};
	pthread_mutex_init(&n->lock, NULL);
}

void disk_finish(struct disk *n)
{
	pthread_mutex_destroy(&n->lock);
}

static void say(struct disk *n, const char *line)
{
	if (n->say != NULL)
		n->say(n->ctx, line);
}

void disk_full(struct disk *n, int64_t now_us)
{
	char line[200];
	pthread_mutex_lock(&n->lock);
	atomic_store(&n->full, true);
	n->refused++;
	if (n->said_us == 0 || now_us - n->said_us >= DISK_EVERY_US) {
		if (n->said)
			(void)snprintf(line, sizeof line,
				       "the disk is still full: %llu requests refused so far",
				       (unsigned long long)n->refused);
		else
			(void)snprintf(line, sizeof line,
				       "the disk is full: events are refused with 507 until there "
				       "is room; nothing that was acknowledged is lost");
		n->said = true;
		n->said_us = now_us;
		say(n, line);
	}
	pthread_mutex_unlock(&n->lock);
}

void disk_good(struct disk *n)
{
	char line[200];
	if (!atomic_load_explicit(&n->full, memory_order_relaxed))
		return;
	pthread_mutex_lock(&n->lock);
	atomic_store(&n->full, false);
	if (n->said) {
		(void)snprintf(line, sizeof line,
			       "the disk has room again: events are taken in (%llu requests had "
			       "been refused)",
			       (unsigned long long)n->refused);
		say(n, line);
	}
	n->said = false;
	n->refused = 0;
	pthread_mutex_unlock(&n->lock);
}
