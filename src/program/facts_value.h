/* SPDX-License-Identifier: Apache-2.0
 * facts_value.h: a JSON value as the type a field declares; inside the room only.
 *
 * Forms, spreadsheets and CRMs write numbers as text and truth as "Yes"; what plainly says a value
 * of the declared type is that value, anything else is absent.
 */
#ifndef PROGRAM_FACTS_VALUE_H
#define PROGRAM_FACTS_VALUE_H

#include "base/json.h"
#include "cel/cel.h"
#include "program/program.h"

struct cel_value facts_value(const struct json *d, uint32_t node, enum field_type type,
			     struct arena *a);
/* As it stands: numbers are double, objects are maps. Absent when the arena is at its ceiling. */
struct cel_value facts_value_dyn(const struct json *d, uint32_t node, struct arena *a);

#endif
