/* SPDX-License-Identifier: Apache-2.0
 * page.h: the pages behind the links of a message: stop, choose what to hear about, confirm.
 *
 * Plain HTML for any browser, screen reader and keyboard: no scripts, no pictures, nothing from
 * elsewhere. Showing a page changes nothing, since scanners follow every link; what changes
 * something is a form that is sent (POST), and the one-click post of a mail program (RFC 8058).
 *
 *   O5  Whatever texts a page is given, it has the elements it was written with and no others.
 *   O6  A form only changes what the person was shown, or everything at once.
 * Thread: any. Memory: the caller's.
 */
#ifndef OBSERVE_PAGE_H
#define OBSERVE_PAGE_H

#include "base/buf.h"
#include "base/status.h"
#include "base/time.h"
#include "observe/link.h"

#define PAGE_CHOICES_MAX 64
#define PAGE_FIELDS_MAX 256
#define PAGE_BYTES_MAX (256u << 10) /* a page is smaller, with texts of reasonable length */

/* What to answer with beside the page itself. */
#define PAGE_CSP \
	"default-src 'none'; style-src 'sha256-i4XmWJQ4UQQCulgv+iyMEwJLgqFQNxtMA1nHPD3V5NM='; " \
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* One thing one may hear about on one channel. The names have no '/'. */
struct page_choice {
	struct str channel, purpose; /* names in the program */
	struct str label;            /* for people: "Product news by e-mail" */
	bool on;                     /* as it is now */
};

struct page {
	struct str sender;      /* who writes: the brand's name */
	struct str address;     /* the reader's, whole; shown so that only they know it again */
	struct str action;      /* where forms are sent: a path of ours with its token */
	struct str preferences; /* path of the page of choices; empty: no link to it */
	struct str postal;      /* the sender's postal address; empty: none */
	const struct page_choice *choices;
	size_t choices_n; /* at most PAGE_CHOICES_MAX */
};

/* A page with one button. `hidden` is a field of the form, "name=value"; empty: none. */
struct page_ask {
	struct str title, words, button, hidden;
	bool note, date; /* asks for a few words; for a day */
};
extern const struct page_ask page_ask_unsubscribe; /* its form is an RFC 8058 post */
extern const struct page_ask page_ask_confirm;     /* double opt-in */
extern const struct page_ask page_ask_rep[LINK_REP_COUNT];

/* A page that only tells. */
struct page_note {
	struct str title, words;
};
extern const struct page_note page_unsubscribed, page_saved, page_confirmed;
extern const struct page_note page_expired, page_broken, page_noted;
extern const struct page_note page_failed, page_too_often;

/* Each appends a whole document. buf_ok tells whether it fitted. */
void page_ask(const struct page *p, const struct page_ask *ask, struct buf *out);
void page_preferences(const struct page *p, struct buf *out);
void page_tell(const struct page *p, const struct page_note *note, struct buf *out);
/* As text and in a quoted attribute alike: no element comes of it. */
void page_text(struct str text, struct buf *out);
/* "ann@example.com" -> "a•••@e•••.com"; a number: its last two digits. Not escaped. */
void page_mask(struct str address, struct buf *out);

/* Is this the post of RFC 8058 section 3.2, as a plain or a multipart form? */
bool page_one_click(struct str content_type, struct str body);

/* A field of a form, decoded. */
struct page_field {
	struct str name, value;
};
struct page_change {
	size_t choice; /* index into choices */
	bool on;
};
/* What the form of page_preferences asks to change, against `choices` as they are now. ST_INVALID:
 * it is no such form; ST_LIMIT: more fields than the page has. */
MUST_USE enum status page_changes(const struct page *p, const struct page_field *fields,
				  size_t fields_n, struct page_change out[PAGE_CHOICES_MAX],
				  size_t *n_r, struct err *e);

#define PAGE_NOTE_MAX 500
struct page_rep {
	struct str note;  /* borrowed from the field, cut to PAGE_NOTE_MAX; empty: none */
	int64_t again_us; /* the day's begin in UTC; TIME_NONE: none was given */
};
/* What the form of page_ask_rep says. ST_INVALID: a day that is none, has passed, or is more than
 * two years off. */
MUST_USE enum status page_rep_read(const struct page_field *fields, size_t fields_n, int64_t now_us,
				   struct page_rep *out, struct err *e);

#endif
