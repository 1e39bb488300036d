/* SPDX-License-Identifier: Apache-2.0
 * error.c: errors of evaluation. Inside they are values that name a code and the node (or a
 * static text), so that an error absorbed by && or || has cost nothing; words are made here, when
 * one surfaces. */
#include "cel/error.h"

#include <stdio.h>

struct cel_value cel_fail(const char *why)
{
	return (struct cel_value){.kind = CEL_ERROR, .code = CEL_E_TEXT, .detail = why};
}

struct cel_value cel_fail_budget(void)
{
	return (struct cel_value){.kind = CEL_ERROR, .code = CEL_E_BUDGET};
}

bool cel_charge(struct cel_run *run, uint64_t steps)
{
	if (run->steps_left < steps) {
		run->steps_left = 0;
		return false;
	}
	run->steps_left -= steps;
	return true;
}

#define USED_UP \
	"this took more steps or memory than one evaluation may: make the lists smaller or the " \
	"expression simpler"

static const char *const texts[CEL_E_COUNT] = {
	[CEL_E_OVERLOAD] = "no such overload: the values here do not go with this operation",
	[CEL_E_NO_FIELD] = "no such field",
	[CEL_E_NO_KEY] = "no such key",
	[CEL_E_INDEX] = "index out of range, or no whole number",
	[CEL_E_OVERFLOW] = "the result is out of range (overflow)",
	[CEL_E_DIV_ZERO] = "division by zero",
	[CEL_E_ABSENT] = "not known: ask with has() first",
	[CEL_E_UNKNOWN_NAME] = "nothing here has this name",
	[CEL_E_UNKNOWN_FUNCTION] = "there is no such function",
	[CEL_E_DUPLICATE_KEY] = "a key of this map is written twice",
	[CEL_E_KEY_TYPE] = "a key of a map must be a whole number, a bool or a string",
	[CEL_E_BUDGET] = USED_UP,
	[CEL_E_MEMORY] = "no memory left",
	[CEL_E_EMPTY_OPTIONAL] = "this optional holds no value: use orValue()",
	[CEL_E_NOT_OPTIONAL] = "an optional value is needed here",
};

static enum status status_of(uint8_t code)
{
	if (code == CEL_E_ABSENT)
		return ST_NOT_FOUND;
	return code == CEL_E_BUDGET || code == CEL_E_MEMORY ? ST_LIMIT : ST_INVALID;
}

enum status error_set(const struct cel_prog *prog, struct cel_value v, struct err *e)
{
	const struct node *x = v.code == CEL_E_TEXT ? NULL : v.detail;
	struct str at = x ? str_slice(prog->source, x->at, x->end)
			  : str_slice(prog->source, v.n >> 8, (v.n >> 8) + (v.n & 255));
	at = str_upto(at, 120);
	const char *text = v.code == CEL_E_TEXT ? v.detail : texts[v.code];
	if (at.n == 0)
		return err_set(e, status_of(v.code), "%s", text);
	return err_set(e, status_of(v.code), STR_FMT ": %s", STR_ARG(at), text);
}
