/* SPDX-License-Identifier: Apache-2.0
 * view_advised.h: what was learned for a sender that is not ours, decision by decision (decisions:
 * of the program). Part of what view_learned tells.
 */
#ifndef VIEW_VIEW_ADVISED_H
#define VIEW_VIEW_ADVISED_H

#include "view/view.h"

#define VIEW_ADVISED_LATEST 1000u /* decisions that are looked back on, */
#define VIEW_ADVISED_BACK 200000u /* in so many records of the log */
#define VIEW_ADVISED_ACTIONS 256u /* that are told apart */

bool view_advised_has(const struct view *v, struct str decision);
/* "external" of an open object: each with its mode and how much was learned; the one called
 * `decision` with its actions too, and then it alone. What an action brings is said for the average
 * case of the latest decisions it stood in, as a share of `worth`, costs left out. Words of actions
 * are those of the log: an arm that it has no word for any more is counted. */
MUST_USE enum status view_advised_put(struct view *v, struct str decision, struct json_w *w,
				      struct err *e);

#endif
