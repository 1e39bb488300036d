/* SPDX-License-Identifier: Apache-2.0
 * complaint.c: feedback reports (RFC 5965) and their kin. The recipient is often withheld, so what
 * counts is the original's Message-ID and tokens; what is told is kept all the same. */
#include "inbound/complaint.h"

#include "inbound/text.h"

static const char *const names[INBOUND_FEEDBACK_COUNT] = {
	[INBOUND_FEEDBACK_NONE] = "none",
	[INBOUND_FEEDBACK_ABUSE] = "abuse",
	[INBOUND_FEEDBACK_FRAUD] = "fraud",
	[INBOUND_FEEDBACK_VIRUS] = "virus",
	[INBOUND_FEEDBACK_NOT_SPAM] = "not-spam",
	[INBOUND_FEEDBACK_OPT_OUT] = "opt-out",
	[INBOUND_FEEDBACK_AUTH_FAILURE] = "auth-failure",
	[INBOUND_FEEDBACK_OTHER] = "other",
};

const char *inbound_feedback_name(enum inbound_feedback f)
{
	return names[f];
}

static enum inbound_feedback feedback_of(struct str type)
{
	for (size_t i = 1; i < INBOUND_FEEDBACK_COUNT; i++)
		if (text_starts_nocase(type, names[i]))
			return (enum inbound_feedback)i;
	return type.p == NULL ? INBOUND_FEEDBACK_ABUSE : INBOUND_FEEDBACK_OTHER;
}

static void add(struct inbound *out, struct str address)
{
	if (address.p == NULL || out->recipient_count == INBOUND_RECIPIENTS_MAX)
		return;
	for (size_t i = 0; i < out->recipient_count; i++)
		if (str_eq_nocase(out->recipients[i].address, address))
			return;
	out->recipients[out->recipient_count++] =
		(struct inbound_recipient){.address = address,
					   .action = INBOUND_DELIVERED,
					   .reason = INBOUND_REASON_DELIVERED};
}

void complaint_read(const struct mail *m, const struct letter *letter, struct arena *a,
		    struct inbound *out)
{
	struct fields report = {0};
	const struct fields *original = &letter->original_fields;
	const struct mail_part *part = letter_part(m, "message/feedback-report");
	struct str text = part != NULL ? part->text : letter->said, value;
	size_t at = 0;
	while (fields_get(&report, "Feedback-Type").p == NULL && fields_next(&text, a, &report))
		continue;
	out->feedback = feedback_of(fields_get(&report, "Feedback-Type"));
	while ((value = fields_each(&report, "Original-Rcpt-To", &at)).p != NULL)
		add(out, text_first_address(value));
	add(out, text_first_address(fields_get(&report, "Removal-Recipient")));
	add(out, text_first_address(fields_get(original, "X-HmXmrOriginalRecipient")));
	if (out->recipient_count == 0)
		add(out, text_first_address(fields_get(original, "To")));
	if (out->recipient_count == 0)
		add(out, text_first_address(fields_get(original, "X-Original-To")));
}
