/* SPDX-License-Identifier: Apache-2.0
 * compare.h: `simulate --compare`, and names of policies on the command line.
 */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/cli.h"
#include "node/draft.h"
#include "simulate/policies.h"

/* --policy as one name, or --compare with a list of them; conf has everything else. Exit code. */
int compare_policies(struct cli *c, const struct draft *d, const struct simulate_conf *conf,
		     uint64_t seeds);

#endif
