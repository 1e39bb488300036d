/* SPDX-License-Identifier: Apache-2.0
 * mail.h: (g) messages a second into an SMTP server that throws them away, against the generator
 * that comes with it.
 */
#ifndef BENCH_MAIL_H
#define BENCH_MAIL_H

#include "bench.h"
#include "report.h"

/* Says so and passes when Postfix's smtp-sink and smtp-source are not there. */
MUST_USE enum status bench_mail(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
