/* SPDX-License-Identifier: Apache-2.0
 * marks.h: which messages are being spoken right now, in a file that outlives the process.
 *
 * A row says `sending` from the moment it may leave; most of that time it waits. What a
 * killed process leaves is uncertain only if a mail server may have taken it: such a message has a
 * mark, set before the byte that ends it and taken away when its answer is durable. Its place is
 * kept from the time it is handed over. The file is mapped memory: a kill loses nothing, and no
 * sync is paid. A power cut may lose marks; then nothing is believed: the file knows in which run
 * of the machine it was written.
 *
 *   state 'c'  clean: nothing was being spoken when the process ended
 *   state 'o'  open: the marks hold, in this run of the machine
 *   otherwise  not to be believed: everything may have been spoken
 *   no file    nothing was ever spoken here
 *
 * Thread: one at a time, but for marks_speak.
 */
#ifndef DELIVER_MARKS_H
#define DELIVER_MARKS_H

#include "base/status.h"

#include <stdint.h>

struct marks;

/* What an earlier process left stays as it is until marks_begin. */
MUST_USE enum status marks_open(const char *dir, size_t places, struct marks **out, struct err *e);
/* Was it perhaps spoken by that process? */
bool marks_spoken(const struct marks *m, uint64_t message);
/* It may have spoken anything: a power cut. The state may then know less than it did. */
bool marks_unknown(const struct marks *m);
/* The past is settled: a clean sheet, on stable storage. */
MUST_USE enum status marks_begin(struct marks *m, struct err *e);
/* A place for one more, not spoken yet; false: there is none. Messages are below 2^63. */
bool marks_keep(struct marks *m, uint64_t message, size_t *place_r);
/* From here on it may have arrived. From any thread, while its place is kept. */
void marks_speak(struct marks *m, size_t place);
bool marks_room(const struct marks *m);
void marks_clear(struct marks *m, size_t place);
/* Clean when it was begun and no mark is set. Accepts NULL inside; leaves NULL. */
void marks_close(struct marks **m);

#endif
