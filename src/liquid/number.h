/* SPDX-License-Identifier: Apache-2.0
 * number.h: integers and decimal fractions, so that 10.1 - 2.2 is 7.9 in an e-mail too. */
#ifndef LIQUID_NUMBER_H
#define LIQUID_NUMBER_H

#include "liquid/value.h"

__extension__ typedef __int128 int128;

/* coef * 10^exp; an integer has exp 0 and fits int64_t. */
struct number {
	bool decimal;
	bool below; /* a zero that came from below: -0.0 */
	int exp;
	int128 coef;
};

/* What a filter makes of a value: text is read as far as it is a number, anything else is 0. */
struct number number_of(struct liquid_value v);
struct number number_of_int(int64_t i);
/* LIQUID_INT or LIQUID_FLOAT. False: an integer beyond 64 bits. */
bool number_value(const struct number *x, struct liquid_value *out_r);

enum number_end { NUMBER_OK, NUMBER_BY_ZERO, NUMBER_TOO_BIG };
enum number_end number_add(struct number a, struct number b, struct number *out_r);
enum number_end number_sub(struct number a, struct number b, struct number *out_r);
enum number_end number_mul(struct number a, struct number b, struct number *out_r);
enum number_end number_div(struct number a, struct number b, struct number *out_r); /* floors */
enum number_end number_mod(struct number a, struct number b, struct number *out_r); /* as b */
int number_cmp(struct number a, struct number b);
struct number number_abs(struct number a);
enum number_round { ROUND_HALF, ROUND_UP, ROUND_DOWN };
/* To so many digits behind the point, at least 0; an integer when that is 0. */
struct number number_round(struct number a, int64_t digits, enum number_round how);

/* The leading integer of a text: " 12abc" is 12, "x" is 0. Ends at 64 bits. */
int64_t number_leading(struct str s);
/* The whole text as an integer, as strict arguments want it: "12", "-3". */
bool number_whole(struct str s, int64_t *out_r);
/* 5.0, 0.1, 1.0e+20: the shortest text that reads back the same. */
void number_float_text(double d, struct buf *out);

#endif
