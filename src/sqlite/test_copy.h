/* SPDX-License-Identifier: Apache-2.0
 * test_copy.h: a file as the disk has it now, beside it or in its place. Only tests include it.
 * Not file_write_atomic: the walks copy after every commit, and need no sync of the copy.
 */
#ifndef SQLITE_TEST_COPY_H
#define SQLITE_TEST_COPY_H

#include "base/test.h"

#include <fcntl.h>
#include <unistd.h>

static inline void copy_file(const char *from, const char *to)
{
	char bytes[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	for (ssize_t n; (n = read(in, bytes, sizeof bytes)) > 0;)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	(void)close(in);
	(void)close(out);
}

#endif
