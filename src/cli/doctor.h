/* SPDX-License-Identifier: Apache-2.0
 * doctor.h: what the files with checks share.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/door.h"
#include "engine/engine.h"

enum health { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL };

struct finding {
	enum health health;
	char what[200];
	const char *fix;
};

struct patient {
	struct cli *c;
	struct door door;
	bool open;
	struct engine_meta meta; /* when open */
};

void doctor_say(struct finding *f, enum health h, const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* doctor_mail.c: settings.json and what it names. */
void doctor_check_mail(struct patient *p, struct finding *f);
void doctor_check_relays(struct patient *p, struct finding *f);
void doctor_check_links(struct patient *p, struct finding *f);
/* doctor_late.c: what is late, and whether the mailbox is read. */
void doctor_check_mailbox(struct patient *p, struct finding *f);
void doctor_check_outbox(struct patient *p, struct finding *f);
void doctor_check_handoffs(struct patient *p, struct finding *f);
void doctor_check_drift(struct patient *p, struct finding *f);
void doctor_check_experiments(struct patient *p, struct finding *f);
void doctor_check_model(struct patient *p, struct finding *f);

#endif
