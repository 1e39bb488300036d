/* SPDX-License-Identifier: Apache-2.0
 * notice.c: see notice.h; what varies is a row of notice.def. */
#include "model/notice.h"

#include "base/assert.h"

#define IN(state) (1u << HANDOFF_##state)
#define ANY ((1u << HANDOFF_STATE_COUNT) - 1)

static const struct {
	const char *wire;
	enum notice_to to;
	unsigned states; /* bits of enum handoff_state */
} rows[NOTICE_KIND_COUNT] = {
#define NOTICE(name, wire, to, states, help) [NOTICE_##name] = {wire, NOTICE_TO_##to, states},
#include "model/notice.def"
#undef NOTICE
};

const char *notice_wire(enum notice_kind k)
{
	ASSERT(k < NOTICE_KIND_COUNT);
	return rows[k].wire;
}

enum notice_to notice_to(enum notice_kind k)
{
	ASSERT(k < NOTICE_KIND_COUNT);
	return rows[k].to;
}

const char *notice_channel(enum notice_kind k)
{
	return notice_to(k) == NOTICE_TO_TOOL ? CHANNEL_WEBHOOK : CHANNEL_EMAIL;
}

bool notice_wanted(enum notice_kind k, enum handoff_state s)
{
	ASSERT(k < NOTICE_KIND_COUNT && s < HANDOFF_STATE_COUNT);
	return (rows[k].states & 1u << s) != 0;
}

bool notice_kind_of(const struct message *m, enum notice_kind *out)
{
	for (enum notice_kind k = 0; m->flags & MESSAGE_SYSTEM && k < NOTICE_KIND_COUNT; k++)
		if (str_is(m->message, rows[k].wire)) {
			*out = k;
			return true;
		}
	return false;
}
