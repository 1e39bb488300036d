/* SPDX-License-Identifier: Apache-2.0
 * error.h: an error value as a status with words.
 */
#ifndef CEL_ERROR_H
#define CEL_ERROR_H

#include "cel/node.h"

enum status error_set(const struct cel_prog *prog, struct cel_value v, struct err *e);

#endif
