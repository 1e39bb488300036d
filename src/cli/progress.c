/* SPDX-License-Identifier: Apache-2.0
 * progress.c: drawn at most ten times a second, so that it costs nothing. It moves the cursor, so
 * it goes past the filter of cli/terminal.h: all its words are ours. */
#include "cli/progress.h"

#include "base/clock.h"
#include "base/time.h"

void progress_begin(struct progress *p, struct cli *c, const char *what, const char *unit,
		    uint64_t total)
{
	*p = (struct progress){.c = c, .what = what, .unit = unit, .total = total};
	p->began_us = clock_mono_us();
}

static void draw(struct progress *p, uint64_t done, int64_t now)
{
	char left[TIME_TEXT_MAX] = "", bar[21];
	uint64_t ours = done > p->from ? done - p->from : 0;
	double rate = (double)ours * US_PER_S / (double)(now - p->began_us + 1);
	double share = p->total ? (double)done / (double)p->total : 0;
	if (share > 1)
		share = 1;
	for (int i = 0; i < 20; i++)
		bar[i] = i < (int)(share * 20) ? '#' : '.';
	bar[20] = '\0';
	if (p->total && rate > 0 && done < p->total)
		(void)duration_format((int64_t)((double)(p->total - done) / rate * US_PER_S), left);
	if (p->total)
		fprintf(stderr, "%s%s [%s] %3.0f%%  %llu/%llu %s  %.0f/s%s%s",
			p->c->talk_tty ? "\r" : "", p->what, bar, share * 100,
			(unsigned long long)done, (unsigned long long)p->total, p->unit, rate,
			left[0] ? "  left " : "", left);
	else
		fprintf(stderr, "%s%s  %llu %s  %.0f/s", p->c->talk_tty ? "\r" : "", p->what,
			(unsigned long long)done, p->unit, rate);
	fputs(p->c->talk_tty ? "\033[K" : "\n", stderr);
	fflush(stderr);
	p->shown = true;
	p->drawn_us = now;
}

void progress_at(struct progress *p, uint64_t done)
{
	int64_t now = clock_mono_us();
	unsigned tenths = p->total ? (unsigned)(done * 10 / p->total) : 0;
	if (p->c->quiet || now - p->began_us < US_PER_S)
		return;
	if (p->c->talk_tty ? now - p->drawn_us < US_PER_S / 10 : tenths <= p->tenths)
		return;
	p->tenths = tenths;
	draw(p, done, now);
}

void progress_end(struct progress *p, uint64_t done)
{
	if (!p->shown)
		return;
	if (p->c->talk_tty) {
		draw(p, done, clock_mono_us());
		fputc('\n', stderr);
	}
}
