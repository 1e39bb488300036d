/* SPDX-License-Identifier: Apache-2.0
 * verbs.h: the verbs' rows, each defined in cli/verb_NAME.c.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

#define VERB(name) extern const struct verb verb_##name;
#include "cli/verbs.def"
#undef VERB

extern const struct verb *const cli_verb_rows[];
extern const size_t cli_verb_rows_n;

#endif
