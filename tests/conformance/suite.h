/* SPDX-License-Identifier: Apache-2.0
 * suite.h: what a conformance suite is. A suite is one file here and one row in main.c;
 * it measures us against cases written by somebody else, so it counts every case and
 * never stops at the first failure.
 */
#ifndef CONFORMANCE_SUITE_H
#define CONFORMANCE_SUITE_H

struct tally {
	unsigned passed, failed;
};

/* Runs the case files named in argv[0..argc); with none, the cases that are shipped with the
 * suite. Prints one line per failed case on stderr and adds to *t. A file that cannot be read
 * is a failure. */
typedef void suite_run(int argc, char **argv, struct tally *t);

struct suite {
	const char *name;
	const char *help;
	suite_run *run;
};

/* The suites, one file each. */
suite_run suite_bounce;
suite_run suite_reply;
suite_run suite_cel;
suite_run suite_liquid;
suite_run suite_score;
suite_run suite_ope;
suite_run suite_drift;
suite_run suite_sequential;
suite_run suite_explore;

#endif
