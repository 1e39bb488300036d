/* SPDX-License-Identifier: Apache-2.0
 * models.h: models as the fold knows them: what model.put brought, and who may decide as
 * model.stage said last. This, and not the folder of models, is what a decision may hang on: a
 * replay of the log into an empty store finds the same. Rows of TABLE_MODEL: a hash -> the file of
 * a model, as the registry wrote it; "slot/NAME" -> the choice of that slot, as JSON.
 * Thread: of the store given. Memory: the arena given.
 */
#ifndef ENGINE_MODELS_H
#define ENGINE_MODELS_H

#include "engine/pass.h"
#include "registry/registry.h"
#include "store/store.h"

/* What the file of a model may have to travel in an event: base64 takes a third more. */
#define MODELS_FILE_BYTES_MAX ((size_t)3 << 19)

#define MODELS_SLOT "cadence" /* the one that decisions ask */

/* Is this the key of what was said of a slot? */
bool models_slot_of(struct str key, struct str *slot);
/* ST_NOT_FOUND: nothing was ever said of this slot; rules decide. */
MUST_USE enum status models_choice(struct store *s, struct str slot, struct arena *a,
				   struct registry_choice *out, struct err *e);
/* ST_NOT_FOUND: the log never brought it. */
MUST_USE enum status models_get(struct store *s, const struct registry_hash *hash, struct arena *a,
				struct registry_model *out, struct err *e);

/* Bodies of the two events, on `a`. ST_LIMIT: the file is too large for an event. */
MUST_USE enum status models_put_body(struct str file, struct arena *a, struct str *out,
				     struct err *e);
/* `reason`: why, for those who ask later; may be empty. */
struct str models_stage_body(const struct registry_choice *c, struct str reason, struct arena *a);
/* Keeps the choice of its slot, whole. For the fold. */
MUST_USE enum status models_choose(struct store *s, const struct registry_choice *c,
				   struct arena *a, struct err *e);

/* The handlers of both (system.c). */
enum status models_event(struct engine *en, struct pass *p, struct err *e);

#endif
