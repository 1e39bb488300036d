/* SPDX-License-Identifier: Apache-2.0
 * team.h: who takes over where a person must, and at which hours of the day.
 */
#ifndef PROGRAM_TEAM_H
#define PROGRAM_TEAM_H

#include "base/str.h"

#define PROGRAM_TEAMS_MAX 32
#define PROGRAM_REPS_MAX 64 /* per team */
#define PROGRAM_AWAY_MAX 64 /* per rep */

#define MINUTES_PER_DAY 1440
struct program_hours { /* minutes of the local day; from == to: never / not set */
	int from, to;  /* from > to: over midnight */
	bool set;
};

struct program_away { /* whole days in the team's zone, since 1970-01-01; both are away */
	int32_t from_day, until_day;
};
struct program_rep {
	struct str name, email;
	const struct program_away *away;
	size_t away_n;
};
enum routing { ROUTING_ROUND_ROBIN, ROUTING_OWNER };
struct program_team {
	struct str name;
	const struct program_rep *reps; /* at least one */
	size_t reps_n;
	enum routing routing; /* owner: who owns the lead's account, else round robin */
	struct program_hours hours;
	struct str zone;
	int64_t accept_us;  /* to be accepted within, counted in working hours */
	int64_t remind_us;  /* reminder after; 0: half of accept_us */
	bool whole_account; /* sends to the lead's colleagues stop as well */
	struct str webhook; /* https URL; empty: e-mail only */
};

#endif
