/* SPDX-License-Identifier: Apache-2.0
 * test_compose.c: the content that comes with the example program: every file renders, with every
 * subject line, to a lead we know well and to one of whom we know an address only. */
#include "compose/test_compose.h"

#include "base/file.h"
#include "program/track.h"

static const char *const names[] = {
	"case-study/peer.md",     "case-study/roi.md",          "dock-delays/calculator.md",
	"dock-delays/story.md",   "planning-cost/benchmark.md", "planning-cost/checklist.md",
	"planning-cost/story.md", "pricing-guide/plain.md",     "quarterly-digest/plain.md",
};
static const char *const parts[] = {"layouts/larkspur.liquid", "partials/regards.liquid"};

static struct str read_below(const char *folder, const char *name, struct arena *a)
{
	struct str bytes = STR_NULL;
	struct err e;
	const char *path = arena_printf(a, "programs/%s%s", folder, name).p;
	if (file_read(path, CONTENT_BYTES_MAX, a, &bytes, &e) != ST_OK)
		fail_msg("%s", e.text);
	return bytes;
}

static void check_mail(struct fixture *f, const char *name, bool known)
{
	struct buf mail;
	if (compose_render(&f->in, &f->out, &f->a, &f->e) != ST_OK)
		fail_msg("%s: %s", name, f->e.text);
	CHECK_ROW(name, f->out.warned == 0);
	CHECK_ROW(name, f->out.tracked_n == 1 && f->out.links_n == 3);
	CHECK_ROW(name,
		  str_find(f->out.mail.text, known ? STR("Hello Ana,") : STR("Hello there,")) <
			  f->out.mail.text.n);
	buf_init(&mail, 1u << 20);
	if (mime_write(&f->out.mail, &mail, &f->e) != ST_OK)
		fail_msg("%s: %s", name, f->e.text);
	buf_finish(&mail);
}

static enum status example_part(void *ctx, enum content_part_kind kind, struct str name,
				struct arena *a, struct compose_part *out, struct err *e)
{
	(void)ctx;
	(void)e;
	out->text = read_below(
		"content/",
		arena_printf(a, "%s/" STR_FMT ".liquid", content_part_folder(kind), STR_ARG(name))
			.p,
		a);
	return ST_OK;
}

static void every_file_renders(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		for (uint32_t n = 0; n < 4; n++) {
			struct fixture f;
			set_up(&f);
			f.program.sender.layout = STR("larkspur");
			f.in.part = example_part;
			f.in.content = read_below("content/", names[i], &f.a);
			f.in.content_name = str_of(names[i]);
			f.message.subject_n = n % 2;
			test_rows(&f,
				  n < 2 ? "{\"traits\":{\"firstName\":\"Ana\",\"warehouses\":3}}"
					: "{\"ids\":[[\"email\",\"x@f.example\"]]}",
				  n < 2 ? "{\"key\":\"f.example\",\"traits\":{\"name\":\"Firm\","
					  "\"industry\":\"Logistics\"}}"
					: NULL);
			check_mail(&f, names[i], n < 2);
			tear_down(&f);
		}
	}
}

static size_t angles_in(const struct content_index *ix, const struct program_step *step)
{
	for (size_t i = 0; i < step->angles_n; i++)
		if (content_find(ix, step->message, step->angles[i].name, STR_NULL) == NULL)
			fail_msg(STR_FMT "/" STR_FMT ".md is missing", STR_ARG(step->message),
				 STR_ARG(step->angles[i].name));
	return step->angles_n;
}

/* Each is there, and none that nobody sends. */
static void every_angle_is_in(const struct content_index *ix, struct fixture *f)
{
	struct program *program = NULL;
	struct program_report report;
	size_t n = 0;
	struct str text = read_below("", "example.yaml", &f->a);
	if (program_load(text, &f->a, &program, &report, &f->e) != ST_OK)
		fail_msg("%s", f->e.text);
	for (size_t i = 0; i < program->play->tracks_n; i++)
		for (size_t k = 0; k < program->play->tracks[i].steps_n; k++)
			n += angles_in(ix, &program->play->tracks[i].steps[k]);
	assert_int_equal(n, ix->n);
	assert_non_null(content_find_part(ix, CONTENT_LAYOUT, program->sender.layout));
	program_destroy(&program);
}

static void they_are_what_the_program_asks_for(void **state)
{
	struct compose_file files[COUNT_OF(names) + COUNT_OF(parts)];
	struct content_index ix;
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		files[i] = (struct compose_file){str_of(names[i]),
						 read_below("content/", names[i], &f.a)};
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		files[COUNT_OF(names) + i] = (struct compose_file){
			str_of(parts[i]), read_below("content/", parts[i], &f.a)};
	struct program_report report;
	if (compose_content_scan(files, COUNT_OF(files), &f.a, &ix, &report, &f.e) != ST_OK ||
	    report.n > 0)
		fail_msg("%s", f.e.text);
	for (size_t i = 0; i < ix.n; i++)
		assert_int_equal(ix.files[i].subjects_n, 2);
	every_angle_is_in(&ix, &f);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_renders),
		cmocka_unit_test(they_are_what_the_program_asks_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
