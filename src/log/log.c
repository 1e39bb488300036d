/* SPDX-License-Identifier: Apache-2.0
 * log.c: the port's front: checks what every log must keep, then calls the one behind. */
#include "log/log.h"

#include "log/reader.h"

#include "base/assert.h"

void log_close(struct log **l)
{
	struct log *it = *l;
	*l = NULL;
	if (it != NULL)
		it->ops->close(it);
}

enum status log_append(struct log *l, struct log_entry *entries, size_t n, struct err *e)
{
	if (n == 0)
		return ST_OK;
	for (size_t i = 0; i < n; i++)
		ASSERT(!str_empty(entries[i].message_id)); /* E2: the door saw to it */
	return l->ops->append(l, entries, n, e);
}

enum status log_reader_open(struct log *l, struct log_reader **out, struct err *e)
{
	enum status st = l->ops->reader_open(l, out, e);
	ASSERT(st != ST_OK || (*out)->ops == l->ops);
	return st;
}

void log_reader_close(struct log_reader **r)
{
	struct log_reader *it = *r;
	*r = NULL;
	if (it != NULL)
		it->ops->reader_close(it);
}

enum status log_read(struct log_reader *r, uint64_t from_seq, struct arena *a,
		     struct log_record *out, size_t *n_io, struct err *e)
{
	ASSERT(from_seq >= 1 && *n_io >= 1);
	size_t room = *n_io;
	enum status st = r->ops->read(r, from_seq, a, out, n_io, e);
	if (st != ST_OK)
		*n_io = 0;
	ASSERT(*n_io <= room);
	for (size_t i = 0; i < *n_io; i++)
		ASSERT(out[i].seq == from_seq + i); /* L2 */
	return st;
}

enum status log_retain(struct log *l, uint64_t cursor, int64_t now_us, uint64_t *removed_r,
		       struct err *e)
{
	return l->ops->retain(l, cursor, now_us, removed_r, e);
}

enum status log_erase(struct log *l, const uint64_t *seqs, size_t n, struct err *e)
{
	return n == 0 ? ST_OK : l->ops->erase(l, seqs, n, e);
}

enum status log_skip(struct log *l, uint64_t seq, struct str why, int64_t now_us, struct err *e)
{
	return l->ops->skip(l, seq, why, now_us, e);
}

enum status log_backup(struct log *l, const char *path, struct err *e)
{
	return l->ops->backup(l, path, e);
}

void log_stats(struct log *l, struct log_stats *out)
{
	l->ops->stats(l, out);
}
