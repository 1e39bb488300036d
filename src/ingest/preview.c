/* SPDX-License-Identifier: Apache-2.0
 * preview.c: an import in words, before it is one. The rows shown are made by the code that makes
 * the events, so the preview cannot promise what the import does not do. */
#include "base/time.h"
#include "ingest/csv.h"
#include "ingest/import.h"

#include <stdio.h>

static void pad(struct buf *out, struct str s, size_t width)
{
	size_t shown = 0;
	buf_str(out, s);
	for (size_t i = 0; i < s.n; i++)
		shown += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	for (; shown < width; shown++)
		buf_byte(out, ' ');
}

static void put_mapping(const struct import *im, struct arena *a, struct buf *out)
{
	const struct mapping *m = import_mapping(im);
	struct str left[MAPPING_ENTRIES_MAX];
	size_t n = import_unmapped(im, left, MAPPING_ENTRIES_MAX), width = 12;
	for (size_t i = 0; i < m->n; i++)
		if (m->entries[i].column.n > width && m->entries[i].column.n <= 48)
			width = m->entries[i].column.n;
	if (m->n == 0)
		buf_z(out, "Each line is a Segment call.\n");
	for (size_t i = 0; i < m->n; i++) {
		buf_z(out, "  ");
		pad(out, m->entries[i].column, width);
		buf_z(out, "  ");
		buf_str(out, map_target_text(&m->entries[i], a));
		buf_z(out, m->entries[i].guessed ? "  (guessed by its name)\n" : "\n");
	}
	if (n > 0)
		buf_printf(out, "Left out, %zu columns: ", n);
	for (size_t i = 0; i < n; i++) {
		buf_z(out, i ? ", " : "");
		buf_str(out, left[i]);
	}
	buf_z(out, n > 0 ? "\n" : "");
}

static void put_event(const struct event *ev, uint64_t row, struct arena *a, struct buf *out)
{
	char when[TIME_TEXT_MAX];
	buf_printf(out, "\nRow %llu becomes " STR_FMT, (unsigned long long)row, STR_ARG(ev->type));
	if (ev->occurred_us != ev->received_us)
		buf_printf(out, " at %s", time_format(ev->occurred_us, when));
	buf_z(out, "\n");
	for (size_t i = 0; i < ev->ids_n; i++) {
		struct map_entry entry = {
			.target = MAP_ID, .id_kind = ev->ids[i].kind, .name = ev->ids[i].name};
		buf_z(out, "  ");
		pad(out, map_target_text(&entry, a), 12);
		buf_z(out, "  ");
		buf_str(out, ev->ids[i].value);
		buf_z(out, "\n");
	}
	const struct {
		const char *name;
		struct str text;
	} parts[] = {{"group_id    ", ev->group_id},
		     {"traits      ", ev->traits},
		     {"properties  ", ev->properties}};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].text.n)
			buf_printf(out, "  %s  " STR_FMT "\n", parts[i].name,
				   STR_ARG(parts[i].text));
}

enum status import_preview(struct import *im, size_t rows, struct arena *a, struct buf *out,
			   struct err *e)
{
	struct import_batch b;
	enum status st = import_next_batch(im, rows, a, &b, e);
	if (st != ST_OK)
		return st;
	put_mapping(im, a, out);
	for (size_t i = 0; i < b.events_n; i++)
		put_event(&b.events[i], b.rows[i], a, out);
	for (size_t i = 0; i < b.errors_n; i++)
		buf_printf(out, "\nRow %llu cannot be taken in: " STR_FMT "%s" STR_FMT "\n",
			   (unsigned long long)b.errors[i].row, STR_ARG(b.errors[i].column),
			   b.errors[i].column.n ? ": " : "", STR_ARG(b.errors[i].reason));
	return buf_ok(out) ? ST_OK : err_set(e, ST_LIMIT, "the preview is too long");
}

void import_errors_head(struct buf *out)
{
	struct str head[] = {STR("row"), STR("column"), STR("reason")};
	csv_write(out, head, 3);
}

void import_errors_row(const struct import_error *error, struct buf *out)
{
	char row[24];
	(void)snprintf(row, sizeof row, "%llu", (unsigned long long)error->row);
	struct str fields[] = {str_of(row), error->column, error->reason};
	csv_write(out, fields, 3);
}
