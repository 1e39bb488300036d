/* SPDX-License-Identifier: Apache-2.0
 * log_memory.c: the same log without a disk, for tests, the simulator and what-if replays. Same
 * duplicate set, same sums, same words; one suite runs over both. */
#include "log/log_memory.h"

#include "log/duplicate.h"
#include "log/reader.h"
#include "log/row.h"

#include "base/assert.h"

#include <pthread.h>

#define BITE 2000

struct memory_row {
	struct row row; /* its strings are `bytes` */
	char *bytes;
	bool skipped;
};

struct log_memory {
	struct log log; /* first */
	struct log_conf conf;
	pthread_mutex_t lock;    /* all below */
	struct memory_row *rows; /* of seq first_seq + i at [i + gone] */
	size_t n, cap, gone;
	uint64_t first_seq, next_seq, thinned_to, bytes, duplicates;
	int64_t last_us;
	struct duplicate_set keys;
	enum status fail;
	unsigned fail_times;
};

struct memory_reader {
	struct log_reader base; /* first */
	struct log_memory *log;
};

static struct log_memory *memory_of(struct log *log)
{
	return (struct log_memory *)log;
}

static struct memory_row *at(struct log_memory *l, uint64_t seq)
{
	ASSERT(seq >= l->first_seq && seq < l->next_seq);
	return &l->rows[l->gone + (size_t)(seq - l->first_seq)];
}

/* --- rows --------------------------------------------------------------------------------- */

static struct str put_bytes(char **at_p, struct str s)
{
	struct str copy = str_n(*at_p, s.n);
	if (s.n > 0)
		memcpy(*at_p, s.p, s.n);
	*at_p += s.n;
	return copy;
}

static size_t row_bytes(const struct row *r)
{
	return r->source.n + r->message_id.n + r->body.n;
}

/* Gives the row its own copy of its strings, and its sum. */
static void own(struct log_memory *l, struct memory_row *m)
{
	char *old = m->bytes, *p = mem_alloc(row_bytes(&m->row) + 1);
	m->bytes = p;
	m->row.source = put_bytes(&p, m->row.source);
	m->row.message_id = put_bytes(&p, m->row.message_id);
	m->row.body = put_bytes(&p, m->row.body);
	m->row.sum = row_sum(&m->row);
	l->bytes += row_bytes(&m->row) + sizeof *m;
	mem_free(old);
}

static void disown(struct log_memory *l, const struct memory_row *m)
{
	l->bytes -= row_bytes(&m->row) + sizeof *m;
}

static void push(struct log_memory *l, const struct row *r)
{
	if (l->n == l->cap) {
		size_t cap = l->cap != 0 ? l->cap * 2 : 64;
		l->rows = mem_grow(l->rows, l->cap * sizeof *l->rows, cap * sizeof *l->rows);
		l->cap = cap;
	}
	l->rows[l->n] = (struct memory_row){.row = *r};
	own(l, &l->rows[l->n++]);
	l->next_seq = r->seq + 1;
}

static void pop(struct log_memory *l)
{
	struct memory_row *m = &l->rows[--l->n];
	disown(l, m);
	mem_free(m->bytes);
	l->next_seq--;
}

/* --- append ------------------------------------------------------------------------------- */

static bool find_first(struct log_memory *l, uint64_t fingerprint, const struct log_entry *entry,
		       int64_t since_us, uint64_t *seq_r)
{
	size_t place = 0;
	while (duplicate_find(&l->keys, fingerprint, &place, seq_r)) {
		if (*seq_r < l->first_seq || *seq_r >= l->next_seq)
			continue;
		const struct row *r = &at(l, *seq_r)->row;
		if (r->received_us >= since_us && row_has_key(r, entry->source, entry->message_id))
			return true;
	}
	return false;
}

static void append_one(struct log_memory *l, struct log_entry *entry)
{
	uint64_t fingerprint = duplicate_fingerprint(0, entry->source, entry->message_id);
	if (entry->received_us > l->last_us)
		l->last_us = entry->received_us;
	entry->duplicate = find_first(l, fingerprint, entry,
				      l->last_us - l->conf.duplicate_window_us, &entry->seq);
	if (entry->duplicate) {
		l->duplicates++;
		return;
	}
	const struct row r = {.seq = l->next_seq,
			      .received_us = l->last_us,
			      .source = entry->source,
			      .message_id = entry->message_id,
			      .body = entry->body};
	push(l, &r);
	duplicate_add(&l->keys, fingerprint, r.seq, r.received_us);
	entry->seq = r.seq;
}

static enum status append(struct log *log, struct log_entry *entries, size_t n, struct err *e)
{
	struct log_memory *l = memory_of(log);
	enum status st = ST_OK;
	(void)pthread_mutex_lock(&l->lock);
	if (l->fail_times > 0) {
		l->fail_times--;
		st = err_set(e, l->fail, "memory log: told to fail");
	} else {
		duplicate_expire(&l->keys, l->last_us - l->conf.duplicate_window_us);
		for (size_t i = 0; i < n; i++)
			append_one(l, &entries[i]);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return st;
}

/* --- read --------------------------------------------------------------------------------- */

static enum status reader_open(struct log *log, struct log_reader **out, struct err *e)
{
	(void)e;
	struct memory_reader *r = mem_alloc(sizeof *r);
	r->base.ops = log->ops;
	r->log = memory_of(log);
	*out = &r->base;
	return ST_OK;
}

static void reader_close(struct log_reader *reader)
{
	mem_free(reader);
}

static bool copy_out(const struct memory_row *m, struct log_record *out, struct arena *a)
{
	if (m->skipped) {
		*out = (struct log_record){
			.seq = m->row.seq, .received_us = m->row.received_us, .skipped = true};
		return true;
	}
	out->source = arena_str(a, out->source);
	out->message_id = arena_str(a, out->message_id);
	out->body = arena_str(a, out->body);
	return out->source.p != NULL && out->message_id.p != NULL && out->body.p != NULL;
}

static enum status outside(struct log_memory *l, uint64_t seq, struct err *e)
{
	if (seq == l->next_seq)
		return ST_OK;
	if (seq < l->first_seq)
		return err_set(e, ST_NOT_FOUND,
			       "memory log: record %llu is no longer there, retention has "
			       "dropped all before record %llu",
			       (unsigned long long)seq, (unsigned long long)l->first_seq);
	return err_set(e, ST_CORRUPT,
		       "memory log: the log ends at record %llu, but %llu was asked for",
		       (unsigned long long)l->next_seq - 1, (unsigned long long)seq);
}

static enum status read_locked(struct log_memory *l, uint64_t from_seq, struct arena *a,
			       struct log_record *out, size_t *n_io, struct err *e)
{
	size_t n = 0, max = *n_io;
	*n_io = 0;
	if (from_seq < l->first_seq || from_seq >= l->next_seq)
		return outside(l, from_seq, e);
	for (; n < max && from_seq + n < l->next_seq; n++) {
		const struct memory_row *m = at(l, from_seq + n);
		bool sound = row_to_record(&m->row, &out[n]) || m->skipped;
		if (!sound && n == 0)
			return err_set(e, ST_CORRUPT,
				       "memory log: record %llu: its checksum is wrong",
				       (unsigned long long)from_seq);
		if (!sound)
			break;
		if (!copy_out(m, &out[n], a)) {
			if (n == 0)
				return err_set(e, ST_LIMIT,
					       "memory log: record %llu is larger than the "
					       "memory given for it",
					       (unsigned long long)from_seq);
			break;
		}
	}
	*n_io = n;
	return ST_OK;
}

static enum status read(struct log_reader *reader, uint64_t from_seq, struct arena *a,
			struct log_record *out, size_t *n_io, struct err *e)
{
	struct log_memory *l = ((struct memory_reader *)reader)->log;
	(void)pthread_mutex_lock(&l->lock);
	enum status st = read_locked(l, from_seq, a, out, n_io, e);
	(void)pthread_mutex_unlock(&l->lock);
	return st;
}

/* --- retention, erasure, marks ------------------------------------------------------------ */

static bool too_old(struct log_memory *l, const struct row *r, int64_t now_us)
{
	bool old = l->conf.retain_us > 0 && r->received_us < now_us - l->conf.retain_us;
	return old || (l->conf.retain_bytes != 0 && l->bytes > l->conf.retain_bytes);
}

static uint64_t drop(struct log_memory *l, uint64_t limit, int64_t now_us)
{
	uint64_t removed = 0;
	while (l->first_seq < limit && removed < BITE) {
		struct memory_row *m = &l->rows[l->gone];
		if (m->row.received_us >= now_us - l->conf.duplicate_window_us ||
		    !too_old(l, &m->row, now_us))
			break;
		disown(l, m);
		mem_free(m->bytes);
		l->gone++;
		l->first_seq++;
		removed++;
	}
	if (l->gone > l->n / 2) {
		memmove(l->rows, l->rows + l->gone, (l->n - l->gone) * sizeof *l->rows);
		l->n -= l->gone;
		l->gone = 0;
	}
	return removed;
}

static uint64_t thin(struct log_memory *l, uint64_t limit, int64_t now_us)
{
	uint64_t removed = 0;
	if (l->thinned_to < l->first_seq)
		l->thinned_to = l->first_seq;
	for (; l->thinned_to < limit && removed < BITE; l->thinned_to++) {
		struct memory_row *m = at(l, l->thinned_to);
		if (!too_old(l, &m->row, now_us))
			break;
		if (m->row.flags != 0 || m->skipped || row_sum(&m->row) != m->row.sum)
			continue;
		disown(l, m);
		m->row.flags |= ROW_THINNED;
		m->row.body = STR_NULL;
		own(l, m);
		removed++;
	}
	return removed;
}

static enum status retain(struct log *log, uint64_t cursor, int64_t now_us, uint64_t *removed_r,
			  struct err *e)
{
	(void)e;
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	uint64_t last = l->next_seq - 1, limit = cursor < last ? cursor : last;
	uint64_t removed = drop(l, limit, now_us);
	*removed_r = removed > 0 ? removed : thin(l, limit, now_us);
	(void)pthread_mutex_unlock(&l->lock);
	return ST_OK;
}

static enum status erase(struct log *log, const uint64_t *seqs, size_t n, struct err *e)
{
	(void)e;
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < n; i++) {
		if (seqs[i] < l->first_seq || seqs[i] >= l->next_seq)
			continue;
		struct memory_row *m = at(l, seqs[i]);
		char key[ROW_ERASED_KEY_BYTES];
		if (m->row.flags & ROW_ERASED)
			continue;
		disown(l, m);
		row_erased_key(0, m->row.source, m->row.message_id, key);
		m->row.flags |= ROW_ERASED;
		m->row.message_id = str_n(key, sizeof key);
		m->row.body = STR_NULL;
		own(l, m);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return ST_OK;
}

static enum status skip_locked(struct log_memory *l, uint64_t seq, struct err *e)
{
	if (seq < l->first_seq || seq >= l->next_seq)
		return err_set(e, ST_NOT_FOUND, "memory log: there is no record %llu",
			       (unsigned long long)seq);
	struct memory_row *m = at(l, seq);
	if (m->skipped || row_sum(&m->row) == m->row.sum)
		return err_set(e, ST_CONFLICT, "memory log: record %llu is sound or marked already",
			       (unsigned long long)seq);
	m->skipped = true;
	return ST_OK;
}

static enum status skip(struct log *log, uint64_t seq, struct str why, int64_t now_us,
			struct err *e)
{
	(void)why;
	(void)now_us;
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	enum status st = skip_locked(l, seq, e);
	(void)pthread_mutex_unlock(&l->lock);
	return st;
}

/* --- the rest ----------------------------------------------------------------------------- */

static enum status backup(struct log *log, const char *path, struct err *e)
{
	(void)log;
	return err_set(e, ST_INVALID, "%s: a log in memory has no backup", path);
}

static void stats(struct log *log, struct log_stats *out)
{
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	*out = (struct log_stats){
		.first_seq = l->first_seq,
		.next_seq = l->next_seq,
		.last_us = l->last_us,
		.bytes = l->bytes,
		.duplicates = l->duplicates,
		.duplicate_keys = (size_t)(l->keys.next_seq - l->keys.first_seq),
		.duplicate_bytes = duplicate_bytes(&l->keys),
		.duplicate_window_us = l->conf.duplicate_window_us,
	};
	int64_t held = l->last_us - duplicate_oldest_us(&l->keys, l->last_us);
	if (l->keys.first_seq > l->first_seq && held < out->duplicate_window_us)
		out->duplicate_window_us = held;
	(void)pthread_mutex_unlock(&l->lock);
}

static void close_log(struct log *log)
{
	struct log_memory *l = memory_of(log);
	while (l->n > l->gone)
		pop(l);
	mem_free(l->rows);
	duplicate_finish(&l->keys);
	(void)pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

static const struct log_ops log_memory_ops = {
	.name = "memory",
	.append = append,
	.reader_open = reader_open,
	.reader_close = reader_close,
	.read = read,
	.retain = retain,
	.erase = erase,
	.skip = skip,
	.backup = backup,
	.stats = stats,
	.close = close_log,
};

enum status log_open_memory(const struct log_conf *conf, struct log **out, struct err *e)
{
	(void)e;
	struct log_memory *l = mem_alloc(sizeof *l);
	l->log.ops = &log_memory_ops;
	l->conf = *conf;
	l->first_seq = l->next_seq = 1;
	duplicate_init(&l->keys, conf->duplicate_bytes_max, 1);
	(void)pthread_mutex_init(&l->lock, NULL);
	*out = &l->log;
	return ST_OK;
}

void log_memory_fail(struct log *log, enum status st, unsigned times)
{
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	l->fail = st;
	l->fail_times = times;
	(void)pthread_mutex_unlock(&l->lock);
}

void log_memory_crash(struct log *log)
{
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	duplicate_finish(&l->keys);
	duplicate_init(&l->keys, l->conf.duplicate_bytes_max, l->first_seq);
	for (uint64_t seq = l->first_seq; seq < l->next_seq; seq++) {
		const struct row *r = &at(l, seq)->row;
		duplicate_add(&l->keys, row_fingerprint(0, r), seq, r->received_us);
	}
	(void)pthread_mutex_unlock(&l->lock);
}

void log_memory_damage(struct log *log, uint64_t seq)
{
	struct log_memory *l = memory_of(log);
	(void)pthread_mutex_lock(&l->lock);
	at(l, seq)->row.sum ^= 1;
	(void)pthread_mutex_unlock(&l->lock);
}
