/* SPDX-License-Identifier: Apache-2.0
 * dialect.c: free-text reports. Mail servers word them in dozens of ways, but lay them out in four:
 *
 *   <ana@x.example>: host said: 550 ...        an address leads a line, its reason follows it
 *   554 <ana@x.example>... Host unknown        the same behind a code: what led to it is above
 *   Could not be delivered to: ana@x.example   a cue of cue.def stands before the address
 *   >>> RCPT TO:<ana@x.example>                a transcript: a cue too
 *
 * So we read for layout, not for products. */
#include "inbound/bounce.h"

#include "inbound/text.h"

#define WORDS_BYTES_MAX 4000

static const char *const cues[] = {
#define CUE(words) words,
#include "inbound/cue.def"
#undef CUE
};

struct scan {
	const struct dialect_in *in;
	struct arena *arena;
	struct dialect_hit *hits;
	struct buf *words; /* one for each hit */
	size_t count, max, current;
	struct buf above; /* lines since the last address */
	bool below;       /* lines go to the current hit */
	bool of_sender;   /* the line before ended in words that announce the sender */
};

static bool is_excluded(const struct dialect_in *in, struct str address)
{
	return str_eq_nocase(address, in->sender) || str_eq_nocase(address, in->daemon) ||
	       text_starts_nocase(address, "mailer-daemon@") ||
	       text_starts_nocase(text_local(address), "postmaster+");
}

static size_t find_hit(const struct scan *s, struct str address)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq_nocase(s->hits[i].address, address))
			return i;
	return s->count;
}

static void add_words(struct buf *b, struct str line)
{
	if (b->n + line.n + 1 <= b->bytes_max) {
		buf_str(b, line);
		buf_byte(b, '\n');
	}
}

static void enter(struct scan *s, struct str address)
{
	size_t i = find_hit(s, address);
	if (i == s->max)
		return;
	if (i == s->count) {
		s->hits[s->count++].address = address;
		buf_init_arena(&s->words[i], s->arena, WORDS_BYTES_MAX);
	}
	s->current = i;
	s->below = true;
}

/* The line without what people put before an address. */
static struct str bare(struct str line)
{
	line = str_trim(line);
	while (line.n > 0 && strchr("<>\"'*-+ (", line.p[0]) != NULL)
		line = str_slice(line, 1, line.n);
	return line;
}

static struct str without_code(struct str line)
{
	if (line.n > 4 && text_is_digit(line.p[0]) && text_is_digit(line.p[1]) &&
	    text_is_digit(line.p[2]) && (line.p[3] == ' ' || line.p[3] == '-'))
		return str_trim(str_slice(line, 4, line.n));
	return line;
}

/* The address a line begins with. */
static bool leads(struct str line, struct str *address_r)
{
	struct str rest = line;
	return text_address(&rest, address_r) && address_r->p == line.p;
}

static bool cued(struct str line, struct str *address_r)
{
	for (size_t i = 0; i < sizeof cues / sizeof cues[0]; i++) {
		size_t at = text_find_nocase(line, str_of(cues[i]));
		struct str rest = str_slice(line, at, line.n);
		if (at < line.n && text_address(&rest, address_r))
			return true;
	}
	return false;
}

static void take_line(struct scan *s, struct str line)
{
	struct str address, body = bare(line), behind_code = without_code(str_trim(line));
	bool coded = behind_code.p != str_trim(line).p && behind_code.n > 0 &&
		     behind_code.p[0] == '<' && leads(bare(behind_code), &address);
	bool of_sender = s->of_sender || text_has_nocase(line, "generated from");
	if (!str_empty(body))
		s->of_sender = text_has_nocase(line, "sent by") || text_has_nocase(line, "sender:");
	if (!of_sender && (coded || leads(body, &address) || cued(line, &address)) &&
	    !is_excluded(s->in, address)) {
		enter(s, address);
		if (coded && s->above.n > 0 && s->current < s->count)
			add_words(&s->words[s->current], buf_view(&s->above));
		buf_reset(&s->above);
		if (s->current < s->count)
			add_words(&s->words[s->current], line);
		s->below = s->below && !coded;
		return;
	}
	if (s->below)
		add_words(&s->words[s->current], line);
	else
		add_words(&s->above, line);
}

size_t dialect_read(const struct dialect_in *in, struct arena *a, struct dialect_hit *hits,
		    size_t max)
{
	struct scan s = {.in = in, .arena = a, .hits = hits, .max = max};
	struct str rest = in->text, line;
	s.words = ARENA_ARRAY(a, struct buf, max);
	if (s.words == NULL)
		return 0;
	buf_init_arena(&s.above, a, WORDS_BYTES_MAX);
	while (text_line(&rest, &line))
		take_line(&s, line);
	for (size_t i = 0; i < s.count; i++)
		hits[i].words = buf_view(&s.words[i]);
	return s.count;
}
