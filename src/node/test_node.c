/* SPDX-License-Identifier: Apache-2.0
 * test_node.c: drafts on their way into force, and a folder's clock. */
#include "base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/system.h"
#include "model/key.h"
#include "model/lead.h"
#include "model/message.h"
#include "node/draft.h"
#include "node/node.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD \
	"nurture: 1\nprogram: p\ngoal: meeting.booked\n" \
	"send_as: {name: S, from: s@mail.larkspur.example, postal_address: Somewhere 1}\n" \
	"scoring: {}\n"
#define TRACKS \
	HEAD "tracks:\n  a:\n    enter: lead.known\n    sequence:\n" \
	     "      - {send: cost, angles: [story, list]}\n"
#define TEXT "---\nsubject: S\n---\nText\n"

struct fixture {
	char dir[64], path[256];
	struct arena a;
	struct err e;
	struct node *n;
	struct draft d;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.dir = "/tmp/nurtured-node-XXXXXX"};
	assert_non_null(mkdtemp(f->dir));
	arena_init(&f->a, (size_t)256 << 20);
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *at)
{
	(void)sb, (void)type, (void)at;
	return remove(path);
}

static void tear_down(struct fixture *f)
{
	draft_finish(&f->d);
	node_close(&f->n);
	arena_finish(&f->a);
	clock_shift(0);
	assert_int_equal(nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *below(struct fixture *f, const char *name)
{
	(void)snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
	return f->path;
}

static void put(struct fixture *f, const char *name, const char *text)
{
	if (file_write_atomic(below(f, name), str_of(text), 0600, &f->e) != ST_OK)
		fail_msg("%s", f->e.text);
}

static void open_node(struct fixture *f)
{
	struct node_conf conf = node_conf_default(f->dir, NODE_WRITE);
	conf.create = true;
	if (node_open(&conf, &f->n, &f->e) != ST_OK)
		fail_msg("%s", f->e.text);
}

/* How many events were needed to put it in force. */
static size_t apply(struct fixture *f)
{
	struct draft_events events = {0};
	struct str row;
	enum status st = draft_check(&f->d, &f->a, &f->e);
	if (st == ST_OK)
		st = draft_complete(&f->d, f->n->store, &f->a, &f->e);
	if (st == ST_OK)
		st = draft_entries(&f->d, f->n->store, clock_now_us(), &f->a, &events, &f->e);
	if (st == ST_OK)
		st = node_submit(f->n, events.list, events.n, &f->e);
	if (st != ST_OK)
		fail_msg("%s", f->e.text);
	for (size_t i = 0; i < events.n; i++)
		assert_int_equal(store_get(f->n->store, TABLE_DEAD_LETTER,
					   KEY_NUM(events.list[i].seq), &f->a, &row, &f->e),
				 ST_NOT_FOUND);
	draft_finish(&f->d);
	return events.n;
}

static void texts_go_before_the_program(void **state)
{
	struct fixture f;
	struct content_index ix;
	struct str text;
	(void)state;
	set_up(&f);
	open_node(&f);
	assert_int_equal(mkdir(below(&f, "content"), 0700), 0);
	assert_int_equal(mkdir(below(&f, "content/cost"), 0700), 0);
	put(&f, "content/cost/story.md", TEXT);
	put(&f, "content/cost/list.md", "---\nsubject: S\n---\nList\n");
	put(&f, "content/.hidden", "x");
	put(&f, "content/cost/list.md~", "x");
	f.d.source = STR(TRACKS);
	assert_int_equal(draft_read_folder(below(&f, "content"), &f.a, &f.d, &f.e), ST_OK);
	assert_int_equal(f.d.files_n, 2);
	assert_int_equal(apply(&f), 3);
	assert_int_equal(draft_index_now(f.n->store, &f.a, &ix, &f.e), ST_OK);
	assert_int_equal(ix.n, 2);
	const struct content_file *file = content_find(&ix, STR("cost"), STR("story"), STR_NULL);
	assert_int_equal(
		store_get(f.n->store, TABLE_CONTENT, KEY_BYTES(file->hash), &f.a, &text, &f.e),
		ST_OK);
	check_str("text", text, TEXT);
	/* One that changed is the only one that travels. */
	put(&f, "content/cost/list.md", "---\nsubject: T\n---\nList\n");
	assert_int_equal(draft_read_folder(below(&f, "content"), &f.a, &f.d, &f.e), ST_OK);
	assert_int_equal(apply(&f), 2);
	/* Without content it stays as it is. */
	f.d = (struct draft){.source = STR(TRACKS)};
	assert_int_equal(apply(&f), 1);
	assert_int_equal(draft_index_now(f.n->store, &f.a, &ix, &f.e), ST_OK);
	assert_int_equal(ix.n, 2);
	tear_down(&f);
}

static void drafts_are_refused(void **state)
{
	static const struct {
		const char *json, *want;
		bool checked; /* it can be read, and is wrong */
	} rows[] = {
		{"{\"content\":{}}", "program must be the text", false},
		{"[]", "the body must be an object", false},
		{"{\"program\":5}", "program must be a text", false},
		{"{\"program\":\"x\",\"contents\":{}}", "the body may hold program, content",
		 false},
		{"{\"program\":\"x\",\"share\":\"10\"}", "share must be a number", false},
		{"{\"program\":\"x\",\"metric\":\"goal\"}", "metric goes with share", false},
		{"{\"program\":\"x\",\"rule\":{}}", "rule goes with share", false},
		{"{\"program\":\"x\",\"share\":10,\"rule\":{\"then\":\"ship\",\"min\":5}}",
		 "rule may hold then, least", false},
		{"{\"program\":\"x\",\"content\":[]}", "content must be an object", false},
		{"{\"program\":\"x\",\"content\":{\"a/b.md\":1}}", "every file is a text", false},
		{"{\"program\":\"nurture: 1\",\"content\":{\"a/b.md\":\"x\"}}",
		 "problem(s), the first: N102 at program:", true},
		{"{\"program\":\""
		 "nurture: 1\\nprogram: p\\ngoal: meeting.booked\\n"
		 "send_as: {name: S, from: s@mail.larkspur.example, postal_address: X 1}\\n"
		 "scoring: {}\\n\",\"content\":{\"a/b.md\":\"x\"}}",
		 "1 problem(s), the first: N241 at content/a/b.md:1:1: ", true},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		f.d = (struct draft){0};
		enum status st = draft_read_json(str_of(rows[i].json), &f.a, &f.d, &f.e);
		if (rows[i].checked) {
			assert_int_equal(st, ST_OK);
			st = draft_check(&f.d, &f.a, &f.e);
		}
		draft_finish(&f.d);
		if (st != ST_INVALID ||
		    str_find(str_of(f.e.text), str_of(rows[i].want)) == strlen(f.e.text))
			fail_msg("row %zu: \"%s\"", i, f.e.text);
	}
	tear_down(&f);
}

static void folders_are_refused(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f);
	assert_int_equal(draft_read_folder(below(&f, "none"), &f.a, &f.d, &f.e), ST_NOT_FOUND);
	assert_int_equal(mkdir(below(&f, "content"), 0700), 0);
	assert_int_equal(symlink("/etc", below(&f, "content/out")), 0);
	assert_int_equal(draft_read_folder(below(&f, "content"), &f.a, &f.d, &f.e), ST_INVALID);
	assert_int_equal(unlink(below(&f, "content/out")), 0);
	assert_int_equal(mkdir(below(&f, "content/a"), 0700), 0);
	assert_int_equal(mkdir(below(&f, "content/a/b"), 0700), 0);
	assert_int_equal(draft_read_folder(below(&f, "content"), &f.a, &f.d, &f.e), ST_INVALID);
	assert_false(f.d.has_content);
	tear_down(&f);
}

static void tracks_need_texts(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f);
	open_node(&f);
	f.d.source = STR(TRACKS);
	assert_int_equal(draft_check(&f.d, &f.a, &f.e), ST_OK);
	assert_int_equal(draft_complete(&f.d, f.n->store, &f.a, &f.e), ST_INVALID);
	assert_non_null(strstr(f.e.text, "content/<message>/<angle>.md"));
	draft_finish(&f.d);
	/* An empty folder is content: each angle is told. */
	f.d = (struct draft){.source = STR(TRACKS), .has_content = true};
	assert_int_equal(draft_check(&f.d, &f.a, &f.e), ST_INVALID);
	assert_int_equal(f.d.report.errors_n, 2);
	draft_finish(&f.d);
	f.d = (struct draft){.source = STR(HEAD)};
	assert_int_equal(apply(&f), 1);
	tear_down(&f);
}

/* An earlier release took it: nobody may bring it any more, and a folder that has it opens. */
static void what_was_taken_is_read_on(void **state)
{
	struct fixture f;
	struct str row;
	struct draft_events events = {0};
	(void)state;
	set_up(&f);
	open_node(&f);
	f.d.source = STR(HEAD "decisions: {d: {mode: igw, learn: 10d, within: 1d}}\n");
	assert_int_equal(draft_check(&f.d, &f.a, &f.e), ST_INVALID);
	assert_non_null(strstr(f.e.text, "N257"));
	assert_int_equal(draft_entries(&f.d, f.n->store, clock_now_us(), &f.a, &events, &f.e),
			 ST_OK);
	assert_int_equal(node_submit(f.n, events.list, events.n, &f.e), ST_OK);
	assert_int_equal(node_program_row(f.n->store, &f.a, &row, NULL, &f.e), ST_OK);
	draft_finish(&f.d);
	node_close(&f.n);
	open_node(&f);
	assert_int_equal(node_program_row(f.n->store, &f.a, &row, NULL, &f.e), ST_OK);
	tear_down(&f);
}

/* As many files as there may be, with the longest names: the index still fits an event, a row and
 * the reader of both. */
static void the_largest_index_fits(void **state)
{
	struct fixture f;
	struct content_index ix;
	char name[160];
	(void)state;
	set_up(&f);
	open_node(&f);
	struct compose_file *files = ARENA_ARRAY(&f.a, struct compose_file, CONTENT_FILES_MAX);
	for (int i = 0; i < CONTENT_FILES_MAX; i++) {
		(void)snprintf(name, sizeof name, "m%063d/a%063d.md", i / 64, i);
		files[i] = (struct compose_file){arena_str(&f.a, str_of(name)), STR(TEXT)};
	}
	f.d = (struct draft){.source = STR(HEAD),
			     .files = files,
			     .files_n = CONTENT_FILES_MAX,
			     .has_content = true};
	assert_int_equal(apply(&f), CONTENT_FILES_MAX + 1);
	assert_int_equal(draft_index_now(f.n->store, &f.a, &ix, &f.e), ST_OK);
	assert_int_equal(ix.n, CONTENT_FILES_MAX);
	tear_down(&f);
}

static void a_clock_is_the_folders(void **state)
{
	struct fixture f;
	int64_t shift = -1;
	(void)state;
	set_up(&f);
	open_node(&f);
	assert_int_equal(node_clock_read(f.dir, &shift, &f.e), ST_OK);
	assert_int_equal(shift, 0);
	assert_int_equal(node_clock_set(f.dir, 5 * US_PER_D, &f.e), ST_OK);
	assert_int_equal(clock_shifted_us(), 5 * US_PER_D);
	assert_int_equal(node_clock_set(f.dir, 5 * US_PER_D - 1, &f.e), ST_INVALID);
	assert_int_equal(node_clock_set(f.dir, 4000 * US_PER_D, &f.e), ST_INVALID);
	node_close(&f.n);
	clock_shift(0);
	open_node(&f); /* takes it over */
	assert_int_equal(clock_shifted_us(), 5 * US_PER_D);
	node_close(&f.n);
	put(&f, "settings.json",
	    "{\"mode\":\"live\",\"smtp\":[{\"host\":\"mx.larkspur.example\"}]}");
	assert_int_equal(node_clock_read(f.dir, &shift, &f.e), ST_CONFLICT);
	assert_int_equal(node_clock_set(f.dir, 6 * US_PER_D, &f.e), ST_CONFLICT);
	put(&f, "clock.json", "{\"shift_us\":0}");
	assert_int_equal(node_clock_set(f.dir, 6 * US_PER_D, &f.e), ST_CONFLICT);
	assert_int_equal(node_clock_read(f.dir, &shift, &f.e), ST_OK);
	put(&f, "clock.json", "{\"shift_us\":-1}");
	assert_int_equal(node_clock_read(f.dir, &shift, &f.e), ST_CORRUPT);
	tear_down(&f);
}

static struct log_entry demo_of(struct fixture *f, int person, int64_t at_us)
{
	struct buf body;
	struct event ev = {.type = STR("form.demo"), .occurred_us = at_us, .context.scroll = -1};
	const struct str mail = arena_printf(&f->a, "p%d@acme.example", person);
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, mail));
	buf_init_arena(&body, &f->a, EVENT_BYTES_MAX);
	assert_int_equal(event_encode(&ev, &body, &f->e), ST_OK);
	return (struct log_entry){.source = STR("web"),
				  .message_id = mail,
				  .body = buf_view(&body),
				  .received_us = at_us};
}

static void come(struct fixture *f, int people)
{
	for (int i = 0; i < people; i++) {
		struct log_entry entry = demo_of(f, i, clock_now_us());
		assert_int_equal(node_submit(f->n, &entry, 1, &f->e), ST_OK);
	}
}

/* Killed while time was played forward: the log is on the disk, the rest is older. */
static void a_clock_is_not_behind_the_log(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f);
	open_node(&f);
	assert_int_equal(node_clock_set(f.dir, 5 * US_PER_D, &f.e), ST_OK);
	come(&f, 1);
	struct log_entry later = demo_of(&f, 1, clock_now_us() + US_PER_D);
	assert_int_equal(log_append(f.n->log, &later, 1, &f.e), ST_OK);
	node_close(&f.n);
	clock_shift(0);
	open_node(&f);
	assert_true(clock_now_us() >= later.received_us);
	tear_down(&f);
}

/* ---- a state of another build ---- */

static unsigned lines;

static void count_line(void *ctx, const char *line)
{
	(void)ctx;
	lines += strlen(line) > 0;
}

static void open_again(struct fixture *f)
{
	struct node_conf conf = node_conf_default(f->dir, NODE_WRITE);
	conf.say = count_line;
	lines = 0;
	node_close(&f->n);
	if (node_open(&conf, &f->n, &f->e) != ST_OK)
		fail_msg("%s", f->e.text);
}

static const char *const strange = "a roll-up of another form";

/* As another build would have left it: a number of its own, or none, and rows in its own form. */
static void fold_otherwise(struct fixture *f, bool signed_)
{
	struct store *s = f->n->store;
	if (signed_)
		assert_int_equal(
			store_put(s, TABLE_META, KEY_BYTES(STR("fold")), STR("\x7f"), &f->e),
			ST_OK);
	else
		assert_int_equal(store_del(s, TABLE_META, KEY_BYTES(STR("fold")), &f->e), ST_OK);
	assert_int_equal(
		store_put(s, TABLE_COUNTER, KEY_BYTES(str_of(strange)), STR("12345678"), &f->e),
		ST_OK);
	assert_int_equal(store_put(s, TABLE_LOCAL, KEY_BYTES(STR("mine")), STR("kept"), &f->e),
			 ST_OK);
}

static void another_build_is_folded_anew(void **state)
{
	uint64_t before, after, version;
	bool empty;
	struct fixture f;
	struct str row;
	(void)state;
	for (int i = 0; i < 2; i++) {
		set_up(&f);
		open_node(&f);
		come(&f, 20);
		assert_int_equal(store_hash(f.n->store, &before, &f.e), ST_OK);
		open_again(&f);
		assert_int_equal(lines, 0); /* the same build */
		fold_otherwise(&f, i == 1);
		open_again(&f);
		assert_true(lines >= 2); /* that it begins, that it is done */
		assert_int_equal(store_hash(f.n->store, &after, &f.e), ST_OK);
		assert_int_equal(before, after);
		assert_int_equal(engine_fold_read(f.n->store, &version, &empty, &f.e), ST_OK);
		assert_true(version == ENGINE_FOLD_VERSION && !empty);
		assert_int_equal(store_get(f.n->store, TABLE_LOCAL, KEY_BYTES(STR("mine")), &f.a,
					   &row, &f.e),
				 ST_OK);
		assert_int_equal(access(below(&f, "state.db.new"), F_OK), -1);
		open_again(&f);
		assert_int_equal(lines, 0);
		come(&f, 21); /* and it goes on: one is new */
		tear_down(&f);
	}
}

/* What retention has dropped cannot be folded again: the state stays, and that is said once. */
static void a_log_that_is_too_short(void **state)
{
	uint64_t removed;
	struct fixture f;
	struct str row;
	(void)state;
	set_up(&f);
	struct node_conf conf = node_conf_default(f.dir, NODE_WRITE);
	conf.create = true;
	conf.log.retain_us = US_PER_S;
	assert_int_equal(node_open(&conf, &f.n, &f.e), ST_OK);
	come(&f, 20);
	assert_int_equal(log_retain(f.n->log, 15, clock_now_us() + US_PER_D, &removed, &f.e),
			 ST_OK);
	assert_true(removed > 0);
	fold_otherwise(&f, true);
	open_again(&f);
	assert_true(lines > 0);
	assert_true(node_fold_mixed(f.n->store));
	assert_int_equal(
		store_get(f.n->store, TABLE_COUNTER, KEY_BYTES(str_of(strange)), &f.a, &row, &f.e),
		ST_OK);
	open_again(&f);
	assert_int_equal(lines, 0);
	tear_down(&f);
}

/* A mail that has left under a number this build gives to no mail, or to another one: the state
 * stays, with its lists in the form of this build. */
static void what_has_left_keeps_its_number(void **state)
{
	struct fixture f;
	struct buf row;
	struct str got;
	const struct message left = {.id = 1,
				     .lead = 1,
				     .message = STR("story"),
				     .angle = STR("plain"),
				     .channel = STR("email"),
				     .address = STR("p0@acme.example"),
				     .state = MESSAGE_SENT,
				     .attempts = 1};
	const struct key wrong = key_u8_u64(200, 1),
			 right = key_u8_u64((uint8_t)lead_list_of(TIER_COLD, true), 1);
	(void)state;
	set_up(&f);
	open_node(&f);
	come(&f, 20);
	buf_init_arena(&row, &f.a, 4096);
	message_encode(&left, &row);
	fold_otherwise(&f, true);
	assert_int_equal(store_put(f.n->store, TABLE_MESSAGE, KEY_NUM(1), buf_view(&row), &f.e),
			 ST_OK);
	assert_int_equal(
		store_put(f.n->store, TABLE_TIER_LEAD, KEY_BYTES(key_view(&wrong)), STR(""), &f.e),
		ST_OK);
	assert_int_equal(store_del(f.n->store, TABLE_TIER_LEAD, KEY_BYTES(key_view(&right)), &f.e),
			 ST_OK);
	open_again(&f);
	assert_true(node_fold_mixed(f.n->store));
	assert_int_equal(store_get(f.n->store, TABLE_MESSAGE, KEY_NUM(1), &f.a, &got, &f.e), ST_OK);
	assert_int_equal(store_get(f.n->store, TABLE_TIER_LEAD, KEY_BYTES(key_view(&right)), &f.a,
				   &got, &f.e),
			 ST_OK);
	assert_int_equal(store_get(f.n->store, TABLE_TIER_LEAD, KEY_BYTES(key_view(&wrong)), &f.a,
				   &got, &f.e),
			 ST_NOT_FOUND);
	assert_int_equal(access(below(&f, "state.db.new"), F_OK), -1);
	come(&f, 21);
	tear_down(&f);
}

/* ---- the same mails ---- */

#define MAILING \
	HEAD "consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: " \
	     "[email]}\n" \
	     "tracks:\n  early:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n" \
	     "    sequence:\n      - {send: guide, angles: [plain], wait: 4d}\n" \
	     "guardrails: {zone: UTC"
#define MAIL_TEXT "---\nsubject:\n  - Hello\n  - Again\n---\nHi.\n"

/* Mails that leave at once; or wait, for it is in the hours when nothing leaves. */
static struct str mailing(struct fixture *f, bool quiet)
{
	unsigned hour = (unsigned)(clock_now_us() / (60 * US_PER_M) % 24);
	if (!quiet)
		return STR(MAILING "}\n");
	return arena_printf(&f->a, MAILING ", quiet_hours: {from: \"%02u:00\", to: \"%02u:00\"}}\n",
			    (hour + 22) % 24, (hour + 2) % 24);
}

static struct message mail_of(struct fixture *f)
{
	struct message m;
	struct str row;
	assert_int_equal(store_get(f->n->store, TABLE_MESSAGE, KEY_NUM(1), &f->a, &row, &f->e),
			 ST_OK);
	assert_int_equal(message_decode(1, row, &f->a, &m, &f->e), ST_OK);
	return m;
}

/* Of each mail that left: to whom, what, and that it leaves here too. */
static void the_same_mails_are_folded_anew(void **state)
{
	static const struct {
		const char *name, *address, *angle;
		uint32_t attempts; /* of the old row */
		bool waits, mixed;
	} rows[] = {
		{"as it was", NULL, NULL, 1, false, false},
		{"to somebody else", "p9@acme.example", NULL, 1, false, true},
		{"another text", NULL, "story", 1, false, true},
		{"tried more often", NULL, NULL, 3, false, false},
		{"to somebody else, but it never left", "p9@acme.example", NULL, 0, false, false},
		{"it never left, and does not here", NULL, NULL, 0, true, false},
		{"it left, and would wait here", NULL, NULL, 1, true, true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fixture f;
		struct buf row;
		set_up(&f);
		open_node(&f);
		assert_int_equal(mkdir(below(&f, "content"), 0700), 0);
		assert_int_equal(mkdir(below(&f, "content/guide"), 0700), 0);
		put(&f, "content/guide/plain.md", MAIL_TEXT);
		f.d.source = mailing(&f, rows[i].waits);
		assert_int_equal(draft_read_folder(below(&f, "content"), &f.a, &f.d, &f.e), ST_OK);
		(void)apply(&f);
		come(&f, 1);
		struct message old = mail_of(&f);
		assert_int_equal(old.attempts, rows[i].waits ? 0 : 1);
		old.attempts = rows[i].attempts;
		if (rows[i].address != NULL)
			old.address = str_of(rows[i].address);
		if (rows[i].angle != NULL)
			old.angle = str_of(rows[i].angle);
		buf_init_arena(&row, &f.a, 4096);
		message_encode(&old, &row);
		fold_otherwise(&f, true);
		assert_int_equal(
			store_put(f.n->store, TABLE_MESSAGE, KEY_NUM(1), buf_view(&row), &f.e),
			ST_OK);
		open_again(&f);
		if (node_fold_mixed(f.n->store) != rows[i].mixed)
			fail_msg("%s: %s", rows[i].name, rows[i].mixed ? "anew" : "mixed");
		struct message now = mail_of(&f);
		check_str(rows[i].name, now.address,
			  rows[i].mixed && rows[i].address ? rows[i].address : "p0@acme.example");
		check_str(rows[i].name, now.angle,
			  rows[i].mixed && rows[i].angle ? rows[i].angle : "plain");
		tear_down(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_go_before_the_program),
		cmocka_unit_test(drafts_are_refused),
		cmocka_unit_test(folders_are_refused),
		cmocka_unit_test(tracks_need_texts),
		cmocka_unit_test(what_was_taken_is_read_on),
		cmocka_unit_test(the_largest_index_fits),
		cmocka_unit_test(a_clock_is_the_folders),
		cmocka_unit_test(a_clock_is_not_behind_the_log),
		cmocka_unit_test(another_build_is_folded_anew),
		cmocka_unit_test(a_log_that_is_too_short),
		cmocka_unit_test(what_has_left_keeps_its_number),
		cmocka_unit_test(the_same_mails_are_folded_anew),
	};
	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
