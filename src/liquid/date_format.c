/* SPDX-License-Identifier: Apache-2.0
 * date_format.c: strftime in English and without the C library's clock or locale. */
#include "liquid/date.h"

#include "liquid/letter.h"

#define WIDTH_MAX 1024

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				   "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
				     "May",       "June",     "July",     "August",
				     "September", "October",  "November", "December"};

/* One directive: %[flags][width]letter. */
struct directive {
	char pad; /* '0', ' ', '-' none, '\0' as usual */
	bool upper, swap;
	int colons, width;
	char letter;
};
struct printing {
	struct moment m;
	struct civil c;       /* of the local clock */
	int weekday, yearday; /* from 0 */
	struct buf *out;
};

static void padded(struct printing *p, const struct directive *d, struct str s, char pad)
{
	if (d->pad == '-')
		pad = '\0';
	else if (d->pad)
		pad = d->pad;
	for (int n = d->width - (int)s.n; pad && n > 0; n--)
		buf_byte(p->out, pad);
	buf_str(p->out, s);
}

static void number(struct printing *p, struct directive d, int64_t v, int width, char pad)
{
	char text[32];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	buf_i64(&b, v);
	d.width = d.width ? d.width : width;
	padded(p, &d, buf_view(&b), pad);
}

static void word(struct printing *p, const struct directive *d, struct str s)
{
	char text[64];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	if (d->upper || d->swap)
		letter_put_case(s, LETTER_UPPER, &b);
	else
		buf_str(&b, s);
	padded(p, d, buf_view(&b), ' ');
}

/* Week of the year when weeks begin at `first` (0 Sunday, 1 Monday). */
static int week(const struct printing *p, int first)
{
	return (p->yearday + 7 - (p->weekday + 7 - first) % 7) / 7;
}

static bool leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* ISO 8601: the week belongs to the year that has its Thursday. */
static int iso_week(const struct printing *p, int64_t *year_r)
{
	int64_t year = p->c.year;
	int monday = (p->weekday + 6) % 7, thursday = p->yearday - monday + 3;
	if (thursday < 0) {
		year--;
		thursday += 365 + leap(year);
	} else if (thursday >= 365 + leap(year)) {
		thursday -= 365 + leap(year);
		year++;
	}
	*year_r = year;
	return thursday / 7 + 1;
}

static void offset(struct printing *p, const struct directive *d)
{
	int64_t s = p->m.offset_us / US_PER_S, a = s < 0 ? -s : s;
	char text[32];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	buf_printf(&b, "%02d%s%02d", (int)(a / 3600), d->colons ? ":" : "", (int)(a / 60 % 60));
	if (d->colons > 1)
		buf_printf(&b, ":%02d", (int)(a % 60));
	buf_byte(p->out, s < 0 ? '-' : '+');
	struct directive rest = *d;
	rest.width = d->width > 0 ? d->width - 1 : 0;
	padded(p, &rest, buf_view(&b), '0');
}

static void zone_name(struct printing *p, const struct directive *d)
{
	struct directive plain = {.letter = 'z'};
	if (p->m.offset_us == 0)
		word(p, d, d->swap ? STR("utc") : STR("UTC"));
	else
		offset(p, &plain);
}

/* Digits of the fraction of a second: %L 3, %N 9, %6N 6. */
static void fraction(struct printing *p, const struct directive *d)
{
	int width = d->width ? d->width : d->letter == 'L' ? 3 : 9;
	int v = p->c.micro, scale = 100000;
	for (; width > 0; width--, scale /= 10)
		buf_byte(p->out, (char)(scale > 0 ? '0' + v / scale % 10 : '0'));
}

static void half(struct printing *p, const struct directive *d)
{
	bool small = d->letter == 'P' || d->swap, pm = p->c.hour >= 12;
	struct directive plain = *d;
	plain.swap = false;
	word(p, &plain, small ? (pm ? STR("pm") : STR("am")) : (pm ? STR("PM") : STR("AM")));
}

static void print_week(struct printing *p, const struct directive *d)
{
	int64_t year;
	int week_of_year = iso_week(p, &year);
	if (d->letter == 'V')
		number(p, *d, week_of_year, 2, '0');
	else
		number(p, *d, d->letter == 'G' ? year : year % 100, d->letter == 'G' ? 4 : 2, '0');
}

static bool print_number(struct printing *p, const struct directive *d)
{
	const struct civil *c = &p->c;
	int twelve = (c->hour + 11) % 12 + 1;
	switch (d->letter) {
	case 'Y': number(p, *d, c->year, c->year < 0 ? 5 : 4, '0'); return true;
	case 'C': number(p, *d, c->year / 100, 2, '0'); return true;
	case 'y': number(p, *d, c->year % 100, 2, '0'); return true;
	case 'm': number(p, *d, c->month, 2, '0'); return true;
	case 'd': number(p, *d, c->day, 2, '0'); return true;
	case 'e': number(p, *d, c->day, 2, ' '); return true;
	case 'j': number(p, *d, p->yearday + 1, 3, '0'); return true;
	case 'H': number(p, *d, c->hour, 2, '0'); return true;
	case 'k': number(p, *d, c->hour, 2, ' '); return true;
	case 'I': number(p, *d, twelve, 2, '0'); return true;
	case 'l': number(p, *d, twelve, 2, ' '); return true;
	case 'M': number(p, *d, c->minute, 2, '0'); return true;
	case 'S': number(p, *d, c->second, 2, '0'); return true;
	case 'u': number(p, *d, (p->weekday + 6) % 7 + 1, 1, '0'); return true;
	case 'w': number(p, *d, p->weekday, 1, '0'); return true;
	case 'U': number(p, *d, week(p, 0), 2, '0'); return true;
	case 'W': number(p, *d, week(p, 1), 2, '0'); return true;
	case 's': number(p, *d, (p->m.at_us - c->micro) / US_PER_S, 1, '0'); return true;
	case 'G':
	case 'g':
	case 'V': print_week(p, d); return true;
	default: return false;
	}
}

static bool print_format(struct printing *p, struct str format);

/* Those that are short for a longer format. */
static bool print_short(struct printing *p, const struct directive *d)
{
	static const struct {
		char letter;
		struct str format;
	} shorts[] = {
		{'c', STR("%a %b %e %H:%M:%S %Y")},
		{'D', STR("%m/%d/%y")},
		{'F', STR("%Y-%m-%d")},
		{'R', STR("%H:%M")},
		{'r', STR("%I:%M:%S %p")},
		{'T', STR("%H:%M:%S")},
		{'v', STR("%e-%^b-%Y")},
		{'X', STR("%H:%M:%S")},
		{'x', STR("%m/%d/%y")},
		{'+', STR("%a %b %e %H:%M:%S %Z %Y")},
		{'n', STR("\n")},
		{'t', STR("\t")},
	};
	char text[128];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text}, *out = p->out;
	for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++) {
		if (shorts[i].letter != d->letter)
			continue;
		p->out = &b;
		(void)print_format(p, shorts[i].format);
		p->out = out;
		word(p, d, buf_view(&b));
		return true;
	}
	return false;
}

static bool print_directive(struct printing *p, const struct directive *d)
{
	const char *day = days[p->weekday], *month = months[p->c.month - 1];
	switch (d->letter) {
	case 'A': word(p, d, str_of(day)); return true;
	case 'a': word(p, d, str_n(day, 3)); return true;
	case 'B': word(p, d, str_of(month)); return true;
	case 'b':
	case 'h': word(p, d, str_n(month, 3)); return true;
	case 'p':
	case 'P': half(p, d); return true;
	case 'z': offset(p, d); return true;
	case 'Z': zone_name(p, d); return true;
	case 'L':
	case 'N': fraction(p, d); return true;
	case '%': buf_byte(p->out, '%'); return true;
	default: return print_number(p, d) || print_short(p, d);
	}
}

/* Behind the percent sign; where it ends. */
static size_t read_directive(struct str f, size_t i, struct directive *d)
{
	*d = (struct directive){.pad = '\0'};
	for (; i < f.n; i++) {
		char c = f.p[i];
		if (c == '-' || c == '0')
			d->pad = c;
		else if (c == '_')
			d->pad = ' ';
		else if (c == '^')
			d->upper = true;
		else if (c == '#')
			d->swap = true;
		else if (c == ':')
			d->colons++;
		else
			break;
	}
	for (; i < f.n && f.p[i] >= '0' && f.p[i] <= '9'; i++)
		d->width = d->width < WIDTH_MAX ? d->width * 10 + (f.p[i] - '0') : WIDTH_MAX;
	if (d->width > WIDTH_MAX)
		d->width = WIDTH_MAX;
	if (i + 1 < f.n && (f.p[i] == 'E' || f.p[i] == 'O'))
		i++;
	d->letter = i < f.n ? f.p[i] : '\0';
	return i < f.n ? i + 1 : i;
}

static bool print_format(struct printing *p, struct str format)
{
	struct directive d;
	for (size_t i = 0; i < format.n;) {
		if (format.p[i] != '%') {
			buf_byte(p->out, format.p[i++]);
			continue;
		}
		size_t end = read_directive(format, i + 1, &d);
		if (d.letter == '\0')
			return false;
		if (!print_directive(p, &d))
			buf_str(p->out, str_slice(format, i, end)); /* unknown: as it stands */
		i = end;
	}
	return true;
}

bool date_format(struct str format, struct moment m, struct buf *out)
{
	int64_t local = m.at_us + m.offset_us;
	struct printing p = {.m = m, .c = time_civil(local), .out = out};
	p.weekday = time_weekday(local);
	p.yearday = (int)(time_day(local) - time_days_from_civil(p.c.year, 1, 1));
	return print_format(&p, format);
}
