/* SPDX-License-Identifier: Apache-2.0
 * reader.h: the public start of every log's reader. Private to this room: an implementation puts
 * it first in its own struct. */
#ifndef LOG_READER_H
#define LOG_READER_H

#include "log/log.h"

struct log_reader {
	const struct log_ops *ops; /* of its log */
};

#endif
