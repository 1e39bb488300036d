/* SPDX-License-Identifier: Apache-2.0
 * verbs.c: see verbs.h. */
#include "cli/verbs.h"

const struct verb *const cli_verb_rows[] = {
#define VERB(name) &verb_##name,
#include "cli/verbs.def"
#undef VERB
};
const size_t cli_verb_rows_n = sizeof cli_verb_rows / sizeof cli_verb_rows[0];
