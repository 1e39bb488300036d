/* SPDX-License-Identifier: Apache-2.0
 * tz.h: time zones by name ("Europe/Berlin"), from the system's tzdata.
 *
 * A zone is read once, onto an arena, and is then read-only: offsets are looked up without locks
 * or libc state, so the process's TZ never matters. Behind the last transition on file the rule
 * in the footer (POSIX TZ) goes on for ever.
 */
#ifndef BASE_TZ_H
#define BASE_TZ_H

#include "base/arena.h"
#include "base/status.h"

struct tz;

/* "UTC", a name of the tz database, or a fixed offset: "+05:30", "-09:30", "02:00".
 * ST_NOT_FOUND: no such zone (or tzdata is not installed); ST_CORRUPT: a file that is none;
 * ST_LIMIT: the arena is full. */
MUST_USE enum status tz_load(struct str name, struct arena *a, const struct tz **out_r,
			     struct err *e);
/* The same from bytes of a TZif file: for tests and fuzzing. */
MUST_USE enum status tz_parse(struct str bytes, struct arena *a, const struct tz **out_r,
			      struct err *e);
/* How far local time is ahead of UTC at this instant. */
int64_t tz_offset_us(const struct tz *tz, int64_t at_us);
/* The instant at which clocks of the zone show local_us (a local time counted as if it were
 * UTC). Shown twice: the first. Skipped: as far behind the gap as it is into it. */
int64_t tz_from_local(const struct tz *tz, int64_t local_us);

#endif
