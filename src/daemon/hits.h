/* SPDX-License-Identifier: Apache-2.0
 * hits.h: from requests for links and pictures to what a person did.
 *
 *   server thread --link.hit--> log --hits_add--> here, until nothing can change it
 *                                                   '--email.click, email.open--> log --> engine
 *
 * A hit is in the log before anybody judges it, and its verdict has one name there (O8). What was
 * not judged when the process ended is found again in the log's tail and judged then:
 *
 *   V1  Every hit in the log gets one verdict, however often the process is killed.
 *   V2  A verdict is told when it is final (O4): a click that may be one of a burst waits.
 *   V3  When more come than are held here, the rest is read from the log when there is room.
 *
 * DIR/hits.json says how far everything is judged, so that a start need not read all of the log.
 * Thread: its own; hits_add and hits_settled are called on the appender's.
 */
#ifndef DAEMON_HITS_H
#define DAEMON_HITS_H

#include "base/metrics.h"
#include "log/appender.h"
#include "observe/hit.h"
#include "store/store.h"

#define HITS_HELD_MAX 32768u /* of the latest minutes, judged or not */

struct hits;

struct hits_conf {
	const char *dir; /* for hits.json */
	struct log *log;
	struct appender *appender;
	struct store *store; /* a reader of its own: when a message was sent */
	struct metrics *metrics;
};

/* Takes the store. What is in it must outlive it. Hits may be added at once; nobody looks yet. */
MUST_USE enum status hits_create(const struct hits_conf *conf, struct hits **out, struct err *e);
/* From here on they are judged, and verdicts appended: whoever hears of commits is there by now. */
MUST_USE enum status hits_start(struct hits *h, struct err *e);
/* Tells what is final by now; the rest waits in the log. Hits may still be added; nobody looks. */
void hits_stop(struct hits *h); /* accepts NULL */
/* Stops. Accepts NULL inside; leaves NULL. */
void hits_destroy(struct hits **h);
/* A hit that is durable, with its place in the log. Copied. */
void hits_add(struct hits *h, const struct hit *hit);
/* Every hit up to this place in the log has been added. */
void hits_settled(struct hits *h, uint64_t seq);

#endif
