/* SPDX-License-Identifier: Apache-2.0
 * plan.h: a new program against the people who are there.
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/door.h"
#include "node/draft.h"

/* Every lead is evaluated under the program in force and under `next`; prints what changes, in the
 * program's words and in people. Writes nothing. Returns the exit code. */
int plan_show(struct cli *c, struct door *d, const struct draft *next);

#endif
