/* SPDX-License-Identifier: Apache-2.0
 * letter_notice.c: the system's own letters: links, sender and date for what room handoff says. */
#include "deliver/internal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "handoff/mail.h"
#include "program/track.h"

static const struct tz *zone_of(const struct writing *w, struct str *name_r)
{
	const struct str tries[] = {w->m->zone, w->version->program->play->guardrails.zone,
				    STR("UTC")};
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		const struct tz *zone = desk_zone(w->d, tries[i]);
		*name_r = tries[i];
		if (zone != NULL)
			return zone;
	}
	UNREACHED();
}

static struct str rep_page(const struct writing *w, enum link_rep answer)
{
	const struct link link = {.kind = LINK_REP,
				  .id = w->m->handoff,
				  .n = (uint32_t)answer,
				  .expires_us = TIME_NONE};
	return letter_page(w, &link, "h", "");
}

static enum status to_rep(const struct writing *w, enum notice_kind kind, struct mime_mail *out,
			  struct err *e)
{
	struct brief brief;
	struct handoff_mail in = {.kind = kind, .brief = &brief, .to = w->m->address};
	enum status st = brief_read(w->d->store, w->m->handoff, w->a, &brief, e);
	if (st != ST_OK)
		return st;
	in.zone = zone_of(w, &in.zone_name);
	for (enum link_rep r = 0; r < LINK_REP_COUNT; r++)
		in.answers[r] = rep_page(w, r);
	return handoff_mail(&in, w->a, out, e);
}

static enum status to_lead(const struct writing *w, struct mime_mail *out, struct err *e)
{
	const struct program *p = w->version->program;
	const struct link link = {
		.kind = LINK_CONFIRM, .id = w->m->id, .expires_us = w->m->expires_us};
	struct confirm_mail in = {
		.to = w->m->address,
		.sender = p->sender.name.n ? p->sender.name : w->domain,
		.postal_address = p->sender.postal_address,
		.purpose = w->m->purpose,
		.url = letter_page(w, &link, "c", ""),
		.asked_us = w->m->created_us,
	};
	in.zone = zone_of(w, &in.zone_name);
	return confirm_mail(&in, w->a, out, e);
}

enum status letter_notice(const struct writing *w, struct mime_mail *out, struct err *e)
{
	enum notice_kind kind;
	struct str zone_name;
	if (!notice_kind_of(w->m, &kind) || notice_to(kind) == NOTICE_TO_TOOL)
		return err_set(e, ST_INVALID, "message %llu is not a mail",
			       (unsigned long long)w->m->id);
	*out = (struct mime_mail){
		.from = w->from,
		.date_us = w->now_us,
		.zone_us = tz_offset_us(zone_of(w, &zone_name), w->now_us),
		.message_id = letter_mail_id(w, w->m->id),
		.dice = hash_u64(w->m->id ^ hash_u64(w->m->attempts)),
	};
	if (out->from.name.n == 0)
		out->from.name = w->version->program->sender.name;
	return notice_to(kind) == NOTICE_TO_REP ? to_rep(w, kind, out, e) : to_lead(w, out, e);
}
