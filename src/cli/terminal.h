/* SPDX-License-Identifier: Apache-2.0
 * terminal.h: what leads and operators wrote cannot drive the terminal it is shown on.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* A stream over `to` that passes on UTF-8, newlines (CR LF too), tabs and, with `colours`, the
 * tints of this program. Other control characters and turns of the writing direction come out as
 * JSON writes them (\u001b), bytes that are no UTF-8 as \xNN. A newline ends a tint.
 * Buffered by lines; another setvbuf may come first of all. Never NULL. fclose ends with what is
 * held, and leaves `to` open. */
FILE *terminal_open(FILE *to, bool colours);

#endif
