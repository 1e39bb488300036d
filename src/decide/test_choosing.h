/* SPDX-License-Identifier: Apache-2.0
 * test_choosing.h: what the tests of who chooses share: how, and what was written down.
 */
#ifndef DECIDE_TEST_CHOOSING_H
#define DECIDE_TEST_CHOOSING_H

#include "decide/test_decide.h"

static inline struct program_deciding deciding_of(enum decide_mode mode)
{
	static const struct program_reward rewards[] = {{STR("email.click"), 1, 3 * US_PER_D},
							{STR("form.*"), 4, 10 * US_PER_D}};
	return (struct program_deciding){.mode = mode,
					 .rewards = rewards,
					 .rewards_n = 2,
					 .scale = 4,
					 .harm_budget = 0.003,
					 .harm_us = 30 * US_PER_D,
					 .most = 1,
					 .least = 0.01,
					 .epsilon = 0.05,
					 .gain = 150,
					 .learn_us = 3 * US_PER_D,
					 .close_us = 30 * US_PER_D};
}

/* The record of the latest decision. */
static inline struct json record_of(struct world *w)
{
	struct json d;
	struct err e;
	if (json_parse(w->out.record, JSON_LIMITS_EVENT, &w->arena, &d, &e) != ST_OK)
		fail_msg("%s", e.text);
	return d;
}

#endif
