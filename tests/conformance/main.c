/* SPDX-License-Identifier: Apache-2.0
 * main.c: runs conformance suites: `conformance SUITE FILE...`, or `conformance` for all of
 * them on their shipped cases. Ends with `N passed, N failed`; exit 1 when any failed, 2 when
 * asked for a suite that is not there. */
#include "conformance/suite.h"

#include <stdio.h>
#include <string.h>

/* To add a suite: one file, one declaration, one row. */
static const struct suite suites[] = {
	{"bounce", "inbound mail: labels, JSON Lines, and the folder of their files", suite_bounce},
	{"reply", "new text of replies: case files, JSON Lines", suite_reply},
	{"cel", "expressions: CEL case files, JSON Lines", suite_cel},
	{"liquid", "templates: golden Liquid (JSON) and liquid-spec (JSON Lines)", suite_liquid},
	{"score", "lead scoring: a folder with reference/, bank/ and xleads/", suite_score},
	{"ope", "off-policy estimates: reference documents, rows beside them", suite_ope},
	{"drift", "drift detectors and indices: a reference document", suite_drift},
	{"sequential", "always-valid bounds: a reference document", suite_sequential},
	{"explore", "distributions over actions: case files, JSON", suite_explore},
	{NULL, NULL, NULL},
};

static int usage(void)
{
	fprintf(stderr, "usage: conformance [SUITE [FILE...]]\nsuites:\n");
	for (const struct suite *s = suites; s->name != NULL; s++)
		fprintf(stderr, "  %-10s %s\n", s->name, s->help);
	return 2;
}

int main(int argc, char **argv)
{
	struct tally t = {0, 0};
	unsigned ran = 0;
	for (const struct suite *s = suites; s->name != NULL; s++) {
		if (argc > 1 && strcmp(argv[1], s->name) != 0)
			continue;
		s->run(argc > 2 ? argc - 2 : 0, argv + (argc > 2 ? 2 : argc), &t);
		ran++;
	}
	if (argc > 1 && ran == 0)
		return usage();
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return t.failed > 0;
}
