/* SPDX-License-Identifier: Apache-2.0
 * file.h: whole small files, in and out.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/status.h"

/* The whole file into the arena. ST_NOT_FOUND, ST_LIMIT above bytes_max, ST_IO. */
MUST_USE enum status file_read(const char *path, size_t bytes_max, struct arena *a, struct str *out,
			       struct err *e);
/* Written beside, fsynced, renamed, folder fsynced: a crash leaves the old file or the new one. */
MUST_USE enum status file_write_atomic(const char *path, struct str data, unsigned mode,
				       struct err *e);

/* So that a rename or a new file in the folder of `path` survives a power cut. */
MUST_USE enum status file_sync_folder(const char *path, struct err *e);

#endif
