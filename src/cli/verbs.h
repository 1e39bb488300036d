/* SPDX-License-Identifier: Apache-2.0
 * verbs.h: the verbs' rows, each defined in cli/verb_NAME.c.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

extern const struct verb verb_init, verb_simulate, verb_demo, verb_clock, verb_serve, verb_trigger,
	verb_import, verb_inbound, verb_inbox, verb_status, verb_lead, verb_explain, verb_events,
	verb_report, verb_validate, verb_plan, verb_apply, verb_key, verb_replay, verb_backup,
	verb_policy, verb_track, verb_message, verb_handoff, verb_webhook, verb_preview, verb_pause,
	verb_resume, verb_bench, verb_restore, verb_doctor, verb_help, verb_completion, verb_score;

extern const struct verb *const cli_verb_rows[];
extern const size_t cli_verb_rows_n;

#endif
