/* SPDX-License-Identifier: Apache-2.0
 * order.h: what verbs that change something have in common: the node, opened to be written to; one
 * event of ours, folded; and its refusal, when the engine refuses.
 */
#ifndef CLI_ORDER_H
#define CLI_ORDER_H

#include "cli/door.h"
#include "view/view_order.h"

/* Makes the order from committed state. ctx is the verb's own. */
typedef enum status order_make(struct view *v, void *ctx, struct view_order *out, struct err *e);

/* Opens the door, makes the order and carries it out (--dry-run: says what it would be). The exit
 * code; `done` is the sentence for people when it is done. */
int order(struct cli *c, order_make *make, void *ctx, const char *done);
/* The same at a door that is open. */
int order_send(struct cli *c, struct door *d, const struct view_order *o, const char *done);

#endif
