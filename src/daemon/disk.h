/* SPDX-License-Identifier: Apache-2.0
 * disk.h: what the daemon tells the person who runs it: the disk is full, it still is, there is
 * room again. A line when it turns, one a minute while it lasts: a full disk must not fill the
 * journal as well.
 *
 * Thread: any. disk_good costs one load while nothing is wrong.
 */
#ifndef DAEMON_DISK_H
#define DAEMON_DISK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DISK_EVERY_US INT64_C(60000000)

struct disk {
	_Atomic bool full;
	pthread_mutex_t lock;
	bool said;        /* that it is full; so that its end is told too */
	int64_t said_us;  /* when the last line about a full disk was written; 0: never */
	uint64_t refused; /* since it turned full */
	void (*say)(void *ctx, const char *line); /* NULL: nobody listens */
	void *ctx;
};

void disk_init(struct disk *n, void (*say)(void *ctx, const char *line), void *ctx);
void disk_finish(struct disk *n);
/* Something could not be taken in for want of room; now_us is a monotonic clock's. */
void disk_full(struct disk *n, int64_t now_us);
/* Something was. */
void disk_good(struct disk *n);

#endif
