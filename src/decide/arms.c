/* SPDX-License-Identifier: Apache-2.0
 * arms.c: the keys under which a learner keeps what a candidate is made of. A key is a hash of
 * words, so that an arm is the same in every version of the program that has these words. */
#include "decide/learned.h"

#include "base/assert.h"
#include "base/hash.h"

#define KEPT 8 /* keys of the learner itself */
#define NONE STR("-")

static uint64_t key_of(const char *what, struct str a, struct str b)
{
	uint64_t h = hash_str(a, hash_str(str_of(what), CONTEXT_VERSION));
	h = hash_str(b, h);
	return h < KEPT ? h + KEPT : h;
}

uint64_t arm_nothing(void)
{
	return key_of("nothing", NONE, NONE);
}

uint64_t arm_say(struct str message, struct str angle)
{
	return key_of("say", message, angle);
}

uint64_t arm_by(struct str channel)
{
	return key_of("by", channel, NONE);
}

const char *arm_part_name(size_t part)
{
	static const char *const names[ARM_PARTS] = {"night", "early",     "morning",
						     "noon",  "afternoon", "evening"};
	ASSERT(part < ARM_PARTS);
	return names[part];
}

uint64_t arm_at(size_t part)
{
	return key_of("at", str_of(arm_part_name(part)), NONE);
}

const char *arm_gap_name(size_t gap)
{
	static const char *const names[ARM_GAPS] = {"short", "middle", "long"};
	ASSERT(gap < ARM_GAPS);
	return names[gap];
}

uint64_t arm_gap(size_t gap)
{
	return key_of("gap", str_of(arm_gap_name(gap)), NONE);
}
