/* SPDX-License-Identifier: Apache-2.0
 * file.c: write beside and rename, because a truncated settings file is worse than an old one. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status io_err(const char *what, const char *path, struct err *e)
{
	int code = errno;
	enum status st = code == ENOENT ? ST_NOT_FOUND : code == ENOSPC ? ST_NO_SPACE : ST_IO;
	return err_set(e, st, "cannot %s %s: %s", what, path, strerror(code));
}

static enum status read_all(int fd, const char *path, char *p, size_t n, struct err *e)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = read(fd, p + at, n - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? io_err("read", path, e)
				       : err_set(e, ST_IO, "%s shrank while it was read", path);
		at += (size_t)got;
	}
	return ST_OK;
}

enum status file_read(const char *path, size_t bytes_max, struct arena *a, struct str *out,
		      struct err *e)
{
	struct stat sb;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return io_err("open", path, e);
	enum status st = fstat(fd, &sb) != 0 ? io_err("read", path, e) : ST_OK;
	if (st == ST_OK && !S_ISREG(sb.st_mode))
		st = err_set(e, ST_INVALID, "%s is not a file", path);
	if (st == ST_OK && (size_t)sb.st_size > bytes_max)
		st = err_set(e, ST_LIMIT, "%s is larger than %zu bytes", path, bytes_max);
	char *p = NULL;
	if (st == ST_OK && (p = arena_alloc(a, (size_t)sb.st_size + 1)) == NULL)
		st = err_set(e, ST_LIMIT, "%s does not fit the memory set aside for it", path);
	if (st == ST_OK)
		st = read_all(fd, path, p, (size_t)sb.st_size, e);
	if (st == ST_OK)
		*out = str_n(p, (size_t)sb.st_size);
	close(fd);
	return st;
}

static enum status write_all(int fd, const char *path, struct str data, struct err *e)
{
	for (size_t at = 0; at < data.n;) {
		ssize_t put = write(fd, data.p + at, data.n - at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return io_err("write", path, e);
		at += (size_t)put;
	}
	return fsync(fd) == 0 ? ST_OK : io_err("sync", path, e);
}

enum status file_sync_folder(const char *path, struct err *e)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (n >= sizeof dir)
		return err_set(e, ST_INVALID, "path too long: %s", path);
	if (n)
		memcpy(dir, path, n);
	dir[n] = '\0';
	int fd = open(n ? dir : slash ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return io_err("open folder of", path, e);
	enum status st = fsync(fd) == 0 ? ST_OK : io_err("sync folder of", path, e);
	close(fd);
	return st;
}

enum status file_write_atomic(const char *path, struct str data, unsigned mode, struct err *e)
{
	char beside[4096];
	int n = snprintf(beside, sizeof beside, "%s.new.%d", path, (int)getpid());
	if (n < 0 || (size_t)n >= sizeof beside)
		return err_set(e, ST_INVALID, "path too long: %s", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return io_err("write", beside, e);
	enum status st = write_all(fd, beside, data, e);
	close(fd);
	if (st == ST_OK && rename(beside, path) != 0)
		st = io_err("replace", path, e);
	if (st != ST_OK)
		(void)unlink(beside); /* best effort: the old file still stands */
	return st == ST_OK ? file_sync_folder(path, e) : st;
}
