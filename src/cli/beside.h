/* SPDX-License-Identifier: Apache-2.0
 * beside.h: apply for a share of the leads: what its options say, and how it ends.
 */
#ifndef CLI_BESIDE_H
#define CLI_BESIDE_H

#include "cli/cli.h"
#include "program/beside.h"

/* Options of apply that are about a share. */
#define BESIDE_OPTS \
	{"share", 0, "PERCENT", "only for so many leads, beside the version in force"}, \
		{"metric", 0, "METRIC", "with --share: what the two are compared by (goal)"}, \
		{"min-lift", 0, "PERCENT", \
		 "with --share: the smallest difference worth having (10)"}, \
		{"then", 0, "WHAT", "with --share: a rule ends it: tell, stop or ship"}, \
		{"least", 0, "N", "with --then: leads on each before one may win (100)"}, \
		{"guard", 0, "METRIC:PERCENT", "with --then: withdrawn above it: left:2"}, \
		{"within", 0, "TIME", "with --then: it lasts no longer: 60d"}, \
		{"promote", 0, NULL, "the version beside is in force, for everybody"}, \
	{ \
		"withdraw", 0, NULL, "the version beside is for nobody any more" \
	}

/* Out of the options; *given_r: there are any. -1: they are right; else the exit code. */
int beside_terms(struct cli *c, struct program_beside *out, bool *given_r);
/* --promote and --withdraw: the exit code. */
int beside_end(struct cli *c, bool promote);

#endif
