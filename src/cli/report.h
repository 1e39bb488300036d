/* SPDX-License-Identifier: Apache-2.0
 * report.h: reports of tracks for people, and as CSV: one row per number, so that any tool can
 * turn it about.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/cli.h"

void report_show_tracks(struct cli *c, const struct json *d);
void report_show_funnel(struct cli *c, const struct json *d);
/* Every list of the document: level,track,position,step,slice,type,metric,n,of,rate,low,high */
void report_csv(struct cli *c, const struct json *d);

/* A list of flat rows: a heading, then one line a row; `keys` ends with NULL. */
void report_csv_table(struct cli *c, const struct json *d, uint32_t list, const char *const *keys);

#endif
