/* SPDX-License-Identifier: Apache-2.0
 * mail.h: one message taken apart: header fields, and its parts as UTF-8 text in document order.
 * The only door to GMime.
 *
 * Parts of an attached message are not walked: it is one part, whose text is its header lines.
 */
#ifndef INBOUND_MAIL_H
#define INBOUND_MAIL_H

#include "inbound/field.h"

struct mail_part {
	struct str type;     /* "text/plain", lower case */
	struct str text;     /* decoded; line ends as they came; empty for types we never read */
	struct str filename; /* empty: none */
	bool flowed;         /* format=flowed (RFC 3676) */
	bool attached;       /* Content-Disposition: attachment */
};

struct mail {
	struct fields head;
	struct str head_raw;    /* as it came */
	struct str body_raw;    /* the same; borrowed from the bytes, all else is on the arena */
	struct str type;        /* of the whole message */
	struct str report_type; /* lower case; empty: none */
	const struct mail_part *parts;
	size_t part_count;
	bool cut; /* parts, depth or text had to be cut */
};

struct mail_limits {
	size_t text_bytes_max; /* of each part */
	unsigned parts_max, depth_max;
};

/* False: the arena is full. Any bytes are a message, if only an empty one. */
bool mail_read(struct str bytes, const struct mail_limits *limits, struct arena *a,
	       struct mail *out);
/* RFC 2047: "=?utf-8?q?Gr=C3=BC=C3=9Fe?=" -> "Grüße"; valid UTF-8. */
struct str mail_decode(struct str value, struct arena *a);
/* RFC 5322 3.3; TIME_NONE when it is no date. */
int64_t mail_date(struct str value);

#endif
