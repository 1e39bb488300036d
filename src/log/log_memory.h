/* SPDX-License-Identifier: Apache-2.0
 * log_memory.h: what tests and the simulator may do to the log in memory, besides logging. */
#ifndef LOG_LOG_MEMORY_H
#define LOG_LOG_MEMORY_H

#include "log/log.h"

/* The next `times` appends fail with this status; nothing of them is kept. */
void log_memory_fail(struct log *l, enum status st, unsigned times);
/* A machine that dies and comes back: what was committed is there, the duplicate set is made anew
 * from it, as an open does. Readers stay usable. */
void log_memory_crash(struct log *l);
/* One record rots: reading it is ST_CORRUPT from now on. */
void log_memory_damage(struct log *l, uint64_t seq);

#endif
