/* SPDX-License-Identifier: Apache-2.0
 * date.h: instants as people write them and want them written. */
#ifndef LIQUID_DATE_H
#define LIQUID_DATE_H

#include "base/time.h"

struct moment {
	int64_t at_us;     /* the instant */
	int64_t offset_us; /* of the clock it is shown on */
};
/* A date or time out of a text: ISO 8601, RFC 2822, "March 14, 2016", "14.3.2016 10:30",
 * "3:15 pm". What is not said comes from now. Without a zone it is a local time: offset_given is
 * false and at_us is counted as if local were UTC. False: there is no time in it. */
bool date_parse(struct str s, int64_t now_local_us, struct moment *out_r, bool *offset_given_r);
/* strftime as Ruby knows it: %-d, %^b, %3N, %:z ... False: it ends inside a directive. */
bool date_format(struct str format, struct moment m, struct buf *out);

#endif
