/* SPDX-License-Identifier: Apache-2.0
 * registry.h: models as files that never change, and which of them may decide.
 *
 *   DIR/models/<sha256>.model   one model: a line of format, a line of metadata (JSON), its bytes.
 *                               The name is the SHA-256 of the whole file.
 *   DIR/models/states.json      the pointer: which model of a slot is in which state, and how it
 *                               came about. Replaced whole (written beside, synced, renamed).
 *
 * A slot is one question that models compete to answer: "cadence", "fit". What must stay true:
 *   R1  a file under its name holds what the name says; one that does not is named, never used
 *   R2  a slot has one champion at most, and one candidate (shadow or canary) at most
 *   R3  whoever dies at any write leaves the states of before or of after, and all they name
 *   R4  what goes up has a verdict that says yes; going down asks nobody
 * What decisions follow from is not this folder but the event log: see `struct registry_choice`.
 *
 * Thread: one at a time; across processes the node's lock. Memory: results live in the arena given.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"

#define REGISTRY_HASH_CHARS 64
#define REGISTRY_MODEL_BYTES_MAX ((size_t)16 << 20)
#define REGISTRY_META_BYTES_MAX ((size_t)64 << 10)
#define REGISTRY_MODELS_MAX 1024u  /* in one folder */
#define REGISTRY_CHANGES_MAX 1024u /* remembered; older ones fall off */
#define REGISTRY_SLOT_MAX 64u      /* bytes of a slot's name */
#define REGISTRY_TOLD_MAX 32u      /* changes of a slot that are followed at once */

enum registry_state {
	REGISTRY_DRAFT,  /* here, asked by nobody */
	REGISTRY_SHADOW, /* asked and written down, never followed */
	REGISTRY_CANARY, /* followed for `percent` of the leads */
	REGISTRY_CHAMPION,
	REGISTRY_RETIRED,
	REGISTRY_STATES
};
const char *registry_state_name(enum registry_state s);

struct registry_hash {
	char hex[REGISTRY_HASH_CHARS + 1]; /* lower case; "" is none */
};

/* What a model is, fixed when it is put. Texts are borrowed. */
struct registry_meta {
	struct str slot;    /* "cadence" */
	struct str kind;    /* who can read the bytes: "learn.logistic", "predict.gbt" */
	struct str version; /* of the features the bytes were made for */
	struct registry_hash parent;
	int64_t created_us;
	int64_t from_us, to_us; /* what it was trained on; 0, 0: nothing */
	struct str metrics;     /* a JSON object, raw; may be empty */
	struct str evaluation;  /* a JSON object, raw: why it may be promoted; may be empty */
};

struct registry_model {
	struct registry_hash hash;
	struct registry_meta meta;
	struct str bytes; /* what its kind reads; empty in lists */
	enum registry_state state;
	unsigned percent; /* of the leads that follow it: canary 5, 25, 50; champion 100 */
	int64_t since_us; /* in this state */
};

struct registry_change {
	int64_t at_us;
	struct registry_hash hash;
	enum registry_state from, to;
	unsigned percent;
	struct str reason;
};

/* ---- models ---- */

/* Writes the file and syncs it; one that is there already is ST_OK and not written again. It
 * begins as a draft. Without a folder (dir NULL) only its name is worked out. ST_INVALID: a slot
 * or kind that is no name, metadata that is no JSON. */
MUST_USE enum status registry_put(const char *dir, const struct registry_meta *meta,
				  struct str bytes, struct registry_hash *out, struct err *e);
/* By hash, or the first 6 or more characters of one. ST_NOT_FOUND; ST_CONFLICT: more than one
 * begins so; ST_CORRUPT names the file. */
MUST_USE enum status registry_get(const char *dir, struct str hash, struct arena *a,
				  struct registry_model *out, struct err *e);
/* The file as it is, checked against its name. */
MUST_USE enum status registry_file(const char *dir, const struct registry_hash *hash,
				   struct arena *a, struct str *out, struct err *e);
struct registry_list {
	struct registry_model *models; /* oldest first, without bytes */
	size_t models_n;
	struct registry_change *changes; /* oldest first */
	size_t changes_n;
	struct str *damaged; /* files that are no models, each with what is wrong, in words */
	size_t damaged_n;
};
/* Every model that can be read, and every change. ST_CORRUPT: the states cannot be read. */
MUST_USE enum status registry_list(const char *dir, struct arena *a, struct registry_list *out,
				   struct err *e);

/* One file: a line with the model's hash, then what registry_put wrote. Import checks it and puts
 * it; one that is new begins as a draft, one that was here stays what it was. ST_INVALID: no model,
 * or one that does not say its hash; ST_CORRUPT: it is not what was exported. `reads` says whether
 * its bytes are what its kind promises; NULL: not asked. Without a folder (dir NULL) it is only
 * checked. */
typedef enum status registry_reads(const struct registry_model *m, struct err *e);
MUST_USE enum status registry_export(const char *dir, struct str hash, const char *path,
				     struct err *e);
MUST_USE enum status registry_import(const char *dir, const char *path, registry_reads *reads,
				     struct registry_hash *out, struct err *e);
/* A file as registry_put wrote it (the log kept it), where its own is missing or damaged. */
MUST_USE enum status registry_restore(const char *dir, struct str file, bool *made_r,
				      struct err *e);
/* What registry_put wrote, read; all else is ST_INVALID. Pure: the parser of outside bytes. */
MUST_USE enum status registry_decode(struct str file, struct arena *a, struct registry_model *out,
				     struct err *e);

/* All models and states of one folder into another that has none; for a backup. Without models:
 * ST_OK and nothing made. ST_CORRUPT names a damaged one: without its file the rest is copied. */
MUST_USE enum status registry_copy(const char *from, const char *to, struct err *e);
/* Removes the folder of models below an open one. False: something else is in it, which stays. */
bool registry_clear(int dir_fd);

/* ---- what decisions follow from ----
 * The choice of a slot is all that a decision may know of this folder. It enters the event log as
 * `model.stage` and is part of the folded state, so a replay decides as it was decided. */
struct registry_choice {
	struct str slot;
	struct registry_hash champion;  /* "": none, rules decide */
	struct registry_hash candidate; /* "": none */
	unsigned percent;               /* of leads that follow the candidate; 0: shadow */
	bool by_hand;                   /* nobody but an operator tries it on more leads */
};
/* Does this lead follow the candidate? Sticky: a lead of 5 % is one of 25 % as well. */
bool registry_follows_candidate(const struct registry_choice *c, uint64_t lead);
/* The choice as a JSON object, the body of a `model.stage` event, and back. */
void registry_choice_write(const struct registry_choice *c, struct json_w *w);
void registry_choice_put(const struct registry_choice *c, struct json_w *w); /* into an open one */
MUST_USE enum status registry_choice_read(const struct json *d, uint32_t node, struct arena *a,
					  struct registry_choice *out, struct err *e);

/* ---- states ---- */

/* A step is worked out first (nothing is written), so that its event can be in the log before the
 * folder says so. */
struct registry_step {
	struct registry_hash hash; /* whose step it is */
	enum registry_state from, to;
	unsigned percent;
	struct registry_choice choice; /* of its slot, afterwards */
	struct str reason;
};
/* Draft -> shadow -> canary 5, 25, 50 -> champion. `why_not` is the gate's reason: empty when it
 * agrees, else ST_DENIED with these words. Shadow asks no gate. ST_CONFLICT: champion already, or
 * another candidate holds the slot. */
MUST_USE enum status registry_plan_promote(const char *dir, struct str hash, struct str why_not,
					   struct arena *a, struct registry_step *out,
					   struct err *e);
/* A candidate goes back to draft; without one, the champion retires and the one before it is
 * champion again. ST_NOT_FOUND: the slot has neither. */
MUST_USE enum status registry_plan_rollback(const char *dir, struct str slot, struct str reason,
					    struct arena *a, struct registry_step *out,
					    struct err *e);
/* Makes it so in states.json. The same step twice is one. */
MUST_USE enum status registry_apply(const char *dir, const struct registry_step *s, int64_t now_us,
				    struct err *e);
/* A change of a slot as the log told it. */
struct registry_told {
	uint64_t no; /* grows by one with each change of the slot; 0: nobody counts */
	int64_t at_us;
	struct str reason;
	struct registry_choice choice; /* behind it */
};
/* The log is right: states.json follows what it told of one slot, oldest first, the last being how
 * it stands; what it has followed before is not done again. A file that cannot be read is put
 * aside and made anew. Answers whether anything had to be moved. */
MUST_USE enum status registry_follow(const char *dir, const struct registry_told *told, size_t n,
				     bool *moved_r, struct err *e);

#endif
