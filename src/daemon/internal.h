/* SPDX-License-Identifier: Apache-2.0
 * internal.h: the daemon's inside, for the files of this folder only.
 */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

#include "base/json_members.h"
#include "daemon/daemon.h"
#include "daemon/desk.h"
#include "daemon/hits.h"
#include "daemon/mailbox.h"
#include "daemon/shelf.h"
#include "daemon/disk.h"
#include "deliver/deliver.h"
#include "engine/runner.h"
#include "ingest/ingest.h"
#include "log/appender.h"
#include "node/settings.h"

#include <pthread.h>
#include <stdatomic.h>

#define DAEMON_RATE_CELLS 4096

struct daemon {
	struct daemon_conf conf;
	struct node *node;
	struct keys *keys;
	struct metrics *metrics;
	struct api *api;
	struct http_server *server;
	struct appender *appender;
	struct runner *runner;
	struct settings settings; /* texts on the arena */
	struct arena settings_arena;
	struct ingest_map maps[SETTINGS_MAPS_MAX]; /* settings.maps, compiled */
	struct letters *letters;
	struct deliver *deliver;
	struct desk *desks[DESK_LANES];
	struct shelf shelf;            /* what was learned, for decisions */
	struct advise_book *next_book; /* did not find a place; the engine's thread, as the next */
	struct engine_book_mark book_mark;
	int64_t book_again_us;
	struct hits *hits;
	struct mailbox *mailbox; /* NULL: none is read */
	char inbox_token[64];    /* the inbox's own forms carry it */
	struct link_keys links;
	_Atomic uint64_t hit_no; /* numbers requests for links, and decisions without an id */
	_Atomic int64_t hit_rate[DAEMON_RATE_CELLS];  /* by message; base/rate.h */
	_Atomic int64_t page_rate[DAEMON_RATE_CELLS]; /* by link */
	uint64_t committed_seq;                       /* the appender's thread only */
	struct disk disk;
	pthread_mutex_t measuring;   /* a count that is told twice at once must not go back */
	struct http_replies replies; /* gathered per commit; the appender's thread only */
	struct http_fixed *success;
	char url[128];
	_Atomic uint64_t ticks; /* numbers clock.tick events */
	int64_t started_us;
	int64_t retained_us; /* the engine's thread only */
	int64_t noted_us;
	uint64_t drift_told, experiments_told, moves_told; /* to the log: the latest numbers */
};

/* notes.c: what others want to be told, now and then; on the engine's thread, which is woken for it
 * when nothing happens. */
#define DAEMON_NOTE_EVERY_US (10 * US_PER_S)
void daemon_note(struct daemon *d);

/* handle_ingest.c: the op's requests become log entries. */
enum http_verdict daemon_ingest(void *ctx, struct api_call *call, struct http_reply *reply);
/* Answers everything whose commit is over. */
void daemon_settled(void *ctx);
/* handle_decide.c: decisions of other senders; the desk's share of them. */
api_handler daemon_decide, daemon_reward;
desk_handler daemon_do_decide;
/* A new book for them, where there is news; on the engine's thread, or before it runs. */
void daemon_put_book(struct daemon *d);
/* How many events of the log are not yet folded. The engine is looked at first: what is logged
 * meanwhile counts, so that 0 means all that was answered by now. Thread: any. */
uint64_t daemon_lag(struct daemon *d, struct engine_stats *es_r, struct log_stats *ls_r);
/* Appends one event of ours and returns when it is durable. */
MUST_USE enum status daemon_append_own(struct daemon *d, const char *type, struct str properties,
				       struct str message_id, uint64_t *seq_r, struct err *e);
/* Appends, and waits until the engine has folded it. Not from its thread nor the appender's. */
MUST_USE enum status daemon_append_and_fold(struct daemon *d, struct log_entry *entries, size_t n,
					    struct err *e);
/* {"seq":..} of an order that is folded; ST_CONFLICT says why it was not carried out. */
MUST_USE enum status daemon_answer_seq(struct desk_work *k, uint64_t seq, struct err *e);
/* Waits until what the engine handed over is sent, answered, and the answers are folded.
 * ST_TIMEOUT: a mail server, or the disk, takes its time. */
MUST_USE enum status daemon_wait_sent(struct daemon *d, int64_t timeout_us, struct err *e);
/* handle_clock.c */
desk_handler daemon_do_clock_advance;
/* One event of ours out of a request, folded before its answer: {"seq"}. ST_CONFLICT as above. */
MUST_USE enum status daemon_own_event(struct desk_work *k, const char *type, struct str properties,
				      struct err *e);
/* handle_observe.c: links and pictures of messages. */
api_handler daemon_link_click, daemon_link_open;
/* handle_pages.c: the pages behind links; not too many for one visitor. */
api_handler daemon_link_page;
desk_handler daemon_do_stop_page, daemon_do_stop, daemon_do_choices_page, daemon_do_choices,
	daemon_do_confirm_page, daemon_do_confirm, daemon_do_rep_page, daemon_do_rep;
/* handle_inbox.c: pages of the simulated inbox; only in test mode, for callers of this machine. */
desk_handler daemon_do_inbox, daemon_do_inbox_mail, daemon_do_inbox_html, daemon_do_inbox_act;
/* mailbox.c */
desk_handler daemon_do_inbound;
/* handle_orders.c, handle_program.c */
desk_handler daemon_do_trigger, daemon_do_backup, daemon_do_replay_verify;
desk_handler daemon_do_program_validate, daemon_do_program_plan, daemon_do_program_apply;
desk_handler daemon_do_program_promote, daemon_do_program_withdraw;
/* handle_admin.c: what handlers of desk work share. */
/* ST_INVALID: no object, or one with other members. */
MUST_USE enum status daemon_body(struct desk_work *k, struct json *d, const struct json_member *may,
				 size_t n, struct err *e);
/* The members of a body that is an object, or none: texts, and numbers, which stay as they are
 * where they are absent. ST_INVALID: another type, or a member that is not among them. */
struct desk_field {
	const char *key;
	struct str *text; /* or */
	int64_t *number;
};
MUST_USE enum status daemon_fields(struct desk_work *k, const struct desk_field *f, size_t n,
				   struct err *e);
uint64_t daemon_query_number(struct desk_work *k, const char *name, uint64_t otherwise);
/* ?limit: 100 unless told. 0, which no view takes: what was told is no number. */
size_t daemon_query_limit(struct desk_work *k);
MUST_USE enum status daemon_the_lead(struct desk_work *k, uint64_t *lead, struct err *e);
/* handle_play.c */
desk_handler daemon_do_report_tracks, daemon_do_report_funnel, daemon_do_lead_next,
	daemon_do_lead_why_not, daemon_do_lead_move, daemon_do_lead_pause, daemon_do_lead_resume,
	daemon_do_tracks, daemon_do_track, daemon_do_messages, daemon_do_message,
	daemon_do_message_settle, daemon_do_message_cancel, daemon_do_webhooks,
	daemon_do_webhook_replay, daemon_do_handoffs, daemon_do_handoff, daemon_do_handoff_answer,
	daemon_do_sending_pause, daemon_do_sending_resume, daemon_do_experiments,
	daemon_do_experiment, daemon_do_experiment_stop, daemon_do_drift;
#endif
