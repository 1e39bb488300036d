/* SPDX-License-Identifier: Apache-2.0
 * test_regexp.c: RE2 patterns: what they mean, and what is refused. */
#include "cel/test_help.h"

static void matches_patterns(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"lead.title.matches('Market')", "true"},
		{"lead.title.matches('^Market')", "false"},
		{"lead.title.matches('(?i)^vp\\\\b')", "true"},
		{"lead.title.matches('(VP|Chief) \\\\w+$')", "true"},
		{"matches('grey', 'gr(a|e)y')", "true"},
		{"'a\\nb'.matches('a.b')", "false"},
		{"'a\\nb'.matches('(?s)a.b')", "true"},
		{"'a\\n'.matches('a$')", "false"},
		{"'a\\nb'.matches('(?m)a$')", "true"},
		{"'\xc3\xa9\xc3\xa9'.matches('^.{2}$')", "true"},
		{"'abc'.matches('^[[:alpha:]]{3}$')", "true"},
		{"']'.matches('[]]')", "true"},
		{"'\xce\xb1'.matches('\\\\p{Greek}')", "true"},
		{"'a{b'.matches('a{b')", "true"},
		{"'\\v'.matches('^\\\\v$') && !'\\n'.matches('^\\\\v$')", "true"},
		{"'a.b'.matches('^\\\\Qa.b\\\\E$') && !'axb'.matches('^\\\\Qa.b')", "true"},
		{"''.matches('')", "true"},
		{"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'.matches('^(a+)+$')", "false"},
		{"'x'.matches('a**')", "refused: ..."},
		{"'x'.matches('a*+')", "refused: this pattern cannot be used: possessive..."},
		{"'x'.matches('(a)\\\\1')",
		 "refused: this pattern cannot be used: back references..."},
		{"'x'.matches('(?<=a)b')", "refused: this pattern cannot be used: look-ahead..."},
		{"'x'.matches('(?>a)')", "refused: ..."},
		{"'x'.matches('(?(1)a|b)')", "refused: ..."},
		{"'x'.matches('(?R)')", "refused: ..."},
		{"'x'.matches('(?P=n)')", "refused: ..."},
		{"'x'.matches('(*COMMIT)a')", "refused: ..."},
		{"'x'.matches('\\\\Ga')", "refused: ..."},
		{"'x'.matches('a{1001}')", "refused: ..."},
		{"'x'.matches('((a{1000}){1000}){1000}')", "refused: ..."},
		{"'x'.matches('a\\\\')", "refused: ..."},
		{"'x'.matches('[a')", "refused: ..."},
		{"'x'.matches('[b-a]')", "refused: ..."},
		{"'x'.matches('\\\\p{Nonsense}')", "refused: ..."},
		{"'x'.matches(lead.title + '(')",
		 "error: 'x'.matches(lead.title + '('): its parentheses do not match"},
		{"'x'.matches('(')", "refused: ..."},
		{"'ab'.matches(dyn('a') + 'b')", "true"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(matches_patterns)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
