/* SPDX-License-Identifier: Apache-2.0
 * rollout_row.h: the two rows of a rollout, for rollout.c and tests.
 */
#ifndef ENGINE_ROLLOUT_ROW_H
#define ENGINE_ROLLOUT_ROW_H

#include "base/buf.h"
#include "engine/rollout.h"

#define ROLLOUT_ROW_MAX 8192

/* What one lead brought at a stage; apart: weighed as the candidate would have it, less plain. */
struct rollout_lead {
	uint32_t stage;
	double reward, harm, reward_apart, harm_apart;
};

/* The share of the case is the choice's, and not in the row. */
void rollout_state_encode(const struct rollout_state *x, struct buf *out);
MUST_USE enum status rollout_state_decode(struct str row, struct rollout_state *out, struct err *e);
void rollout_lead_encode(const struct rollout_lead *x, struct buf *out);
MUST_USE enum status rollout_lead_decode(struct str row, struct rollout_lead *out, struct err *e);

#endif
