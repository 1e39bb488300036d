/* SPDX-License-Identifier: Apache-2.0
 * terms.h: what an estimate is made of, row by row; for this room alone. Every kind is
 * mean(plus) + sum(num) / sum(den), where a plain mean has den = 1.
 */
#ifndef EVALUATE_TERMS_H
#define EVALUATE_TERMS_H

#include "evaluate/evaluate.h"

struct evaluate_term {
	double num, den, plus;
};
struct evaluate_sums {
	double num, ratio; /* sum(num); sum(num) / sum(den) */
	double den, plus;  /* means */
};

double evaluate_weight(const struct evaluate_row *r);
struct evaluate_term evaluate_term(const struct evaluate_row *r, enum evaluate_kind k,
				   double param);
struct evaluate_sums evaluate_sums(const struct evaluate_row *rows, size_t n, enum evaluate_kind k,
				   double param);
double evaluate_pull(const struct evaluate_sums *s, const struct evaluate_term *t);

#endif
