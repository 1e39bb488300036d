/* SPDX-License-Identifier: Apache-2.0
 * marks.c: one header and one number for each place, mapped. */
#include "deliver/marks.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/file.h"
#include "node/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "nurtured.speaking/1\n"
#define BOOT_BYTES 64
#define KEPT (UINT64_C(1) << 63) /* a place of a message that is not spoken yet */

struct sheet {
	char magic[32];
	char boot[BOOT_BYTES];
	_Atomic char state;
	char pad[31];
	uint64_t places_n;
	_Atomic uint64_t place[];
};

enum believed { BELIEVE_CLEAN, BELIEVE_PLACES, BELIEVE_NOTHING };

struct marks {
	struct sheet *sheet;
	size_t bytes, places_n, used, next;
	enum believed before;
	uint64_t *old; /* what the earlier process left */
	size_t old_n;
	bool begun;
	char boot[BOOT_BYTES];
};

static void read_boot(char out[BOOT_BYTES])
{
	memset(out, 0, BOOT_BYTES);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, BOOT_BYTES - 1) : -1;
	if (fd >= 0)
		close(fd);
	struct str text = str_trim(str_n(out, n > 0 ? (size_t)n : 0));
	memset(out + text.n, 0, BOOT_BYTES - text.n);
}

/* What the file says of the past. */
static void read_past(struct marks *m, struct str text)
{
	const struct sheet *s = (const struct sheet *)(const void *)text.p;
	m->before = BELIEVE_NOTHING;
	if (text.n < sizeof *s || memcmp(s->magic, MAGIC, sizeof MAGIC) != 0 ||
	    s->places_n > (text.n - sizeof *s) / sizeof s->place[0])
		return;
	if (s->state == 'c') {
		m->before = BELIEVE_CLEAN;
	} else if (s->state == 'o' && m->boot[0] != '\0' &&
		   memcmp(s->boot, m->boot, BOOT_BYTES) == 0) {
		m->before = BELIEVE_PLACES;
		m->old = mem_array(s->places_n + 1, sizeof *m->old);
		for (size_t i = 0; i < s->places_n; i++)
			if (s->place[i] != 0 && (s->place[i] & KEPT) == 0)
				m->old[m->old_n++] = s->place[i];
	}
}

static enum status map(struct marks *m, int fd, const char *path, struct err *e)
{
	void *p = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return err_set(e, ST_IO, "cannot map %s: %s", path, strerror(errno));
	m->sheet = p;
	return ST_OK;
}

/* The file keeps what it says until marks_begin; it only grows. */
static enum status open_file(struct marks *m, const char *path, struct err *e)
{
	struct stat sb;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, ST_IO, "cannot open %s: %s", path, strerror(errno));
	enum status st = fstat(fd, &sb) == 0 && ((size_t)sb.st_size >= m->bytes ||
						 posix_fallocate(fd, 0, (off_t)m->bytes) == 0)
				 ? map(m, fd, path, e)
				 : err_set(e, ST_NO_SPACE, "no room for %s", path);
	close(fd);
	return st;
}

enum status marks_open(const char *dir, size_t places, struct marks **out, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct arena a;
	struct str text;
	struct err why;
	struct marks *m = mem_alloc(sizeof *m);
	m->places_n = places;
	m->bytes = sizeof(struct sheet) + places * sizeof(uint64_t);
	read_boot(m->boot);
	arena_init(&a, (size_t)4 << 20);
	node_path(dir, NODE_SPEAKING, path);
	enum status st = file_read(path, (size_t)2 << 20, &a, &text, &why);
	if (st == ST_OK)
		read_past(m, text);
	else if (st == ST_NOT_FOUND)
		m->before = BELIEVE_CLEAN;
	else
		m->before = BELIEVE_NOTHING;
	arena_finish(&a);
	st = open_file(m, path, e);
	if (st != ST_OK)
		marks_close(&m);
	else
		*out = m;
	return st;
}

bool marks_unknown(const struct marks *m)
{
	return m->before == BELIEVE_NOTHING;
}

bool marks_spoken(const struct marks *m, uint64_t message)
{
	bool found = m->before == BELIEVE_NOTHING;
	for (size_t i = 0; i < m->old_n && !found; i++)
		found = m->old[i] == message;
	return found;
}

enum status marks_begin(struct marks *m, struct err *e)
{
	struct sheet *s = m->sheet;
	memcpy(s->magic, MAGIC, sizeof MAGIC);
	memcpy(s->boot, m->boot, BOOT_BYTES);
	s->places_n = m->places_n;
	for (size_t i = 0; i < m->places_n; i++)
		s->place[i] = 0;
	s->state = 'o';
	if (msync(s, m->bytes, MS_SYNC) != 0)
		return err_set(e, ST_IO, "cannot write which messages are being sent: %s",
			       strerror(errno));
	m->begun = true;
	return ST_OK;
}

bool marks_room(const struct marks *m)
{
	return m->begun && m->used < m->places_n;
}

bool marks_keep(struct marks *m, uint64_t message, size_t *place_r)
{
	ASSERT((message & KEPT) == 0);
	if (!marks_room(m))
		return false;
	while (m->sheet->place[m->next] != 0)
		m->next = (m->next + 1) % m->places_n;
	m->sheet->place[m->next] = message | KEPT;
	m->used++;
	*place_r = m->next;
	return true;
}

void marks_speak(struct marks *m, size_t place)
{
	ASSERT(place < m->places_n && m->sheet->place[place] != 0);
	m->sheet->place[place] &= ~KEPT;
}

void marks_clear(struct marks *m, size_t place)
{
	ASSERT(place < m->places_n && m->sheet->place[place] != 0);
	m->sheet->place[place] = 0;
	m->used--;
}

void marks_close(struct marks **mp)
{
	struct marks *m = *mp;
	if (m == NULL)
		return;
	if (m->sheet != NULL) {
		if (m->begun && m->used == 0)
			m->sheet->state = 'c';
		(void)msync(m->sheet, m->bytes, MS_SYNC); /* without it: not believed, so safe */
		(void)munmap(m->sheet, m->bytes);
	}
	mem_free(m->old);
	mem_free(m);
	*mp = NULL;
}
