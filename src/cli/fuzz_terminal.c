/* SPDX-License-Identifier: Apache-2.0
 * fuzz_terminal.c: any bytes to a terminal: valid UTF-8 without control characters comes out, but
 * for newlines, tabs and our tints, and it does not matter in which pieces they came. */
#include "base/assert.h"
#include "base/str.h"
#include "cli/terminal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str filter(const uint8_t *data, size_t size, size_t at_once, bool colours)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);
	FILE *f = terminal_open(to, colours);
	ASSERT(setvbuf(f, NULL, _IONBF, 0) == 0);
	for (size_t i = 0; i < size; i += at_once) {
		size_t some = size - i < at_once ? size - i : at_once;
		ASSERT(fwrite(data + i, 1, some, f) == some);
	}
	ASSERT(fclose(f) == 0 && fclose(to) == 0);
	return str_n(text, n);
}

static void check(struct str s, bool colours)
{
	ASSERT(str_utf8_valid(s));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char b = (unsigned char)s.p[i];
		struct str rest = str_slice(s, i, s.n);
		ASSERT(b >= ' ' || b == '\n' || b == '\t' || (b == '\033' && colours) ||
		       str_starts(rest, STR("\r\n")));
		ASSERT(b != 0x7f && (b != 0xc2 || (unsigned char)s.p[i + 1] >= 0xa0));
		ASSERT(b != '\033' || (str_starts(rest, STR("\033[")) && i + 3 < s.n &&
				       str_find_byte(str_slice(rest, 0, 7), 'm') < 7));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool colours = size % 2 == 0;
	if (size > 4096)
		return 0;
	struct str whole = filter(data, size, size + 1, colours),
		   bytewise = filter(data, size, 1, colours);
	check(whole, colours);
	ASSERT(str_eq(whole, bytewise));
	free((void *)(uintptr_t)whole.p);
	free((void *)(uintptr_t)bytewise.p);
	return 0;
}
