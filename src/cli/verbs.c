/* SPDX-License-Identifier: Apache-2.0
 * verbs.c: every verb, one row each, in the order --help shows them. A verb's row and code are in
 * its own file; adding one is that file and two lines here. */
#include "cli/verbs.h"

const struct verb *const cli_verb_rows[] = {
	&verb_init,    &verb_demo,     &verb_serve,   &verb_trigger,    &verb_clock,
	&verb_import,  &verb_inbound,  &verb_inbox,   &verb_status,     &verb_lead,
	&verb_explain, &verb_track,    &verb_message, &verb_handoff,    &verb_webhook,
	&verb_preview, &verb_events,   &verb_report,  &verb_score,      &verb_validate,
	&verb_plan,    &verb_simulate, &verb_apply,   &verb_pause,      &verb_resume,
	&verb_key,     &verb_policy,   &verb_replay,  &verb_backup,     &verb_restore,
	&verb_doctor,  &verb_bench,    &verb_help,    &verb_completion,
};
const size_t cli_verb_rows_n = sizeof cli_verb_rows / sizeof cli_verb_rows[0];
