/* SPDX-License-Identifier: Apache-2.0
 * example.h: the program to begin with, with its texts and sample leads, carried in the binary so
 * that nothing but it is needed: programs/example.yaml, programs/content, programs/sample.
 */
#ifndef CLI_EXAMPLE_H
#define CLI_EXAMPLE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "compose/content.h"

/* "program.yaml", "content/planning-cost/story.md", "sample/leads.csv"; asserts it is there. */
struct str example_text(const char *path);
/* Its texts, up to `max` of them; returns how many there are. */
size_t example_content(struct compose_file *out, size_t max);
/* DIR/program.yaml, its schema for editors, and DIR/content. The folder is made. ST_CONFLICT: one
 * of them is there already; nothing is written then. */
MUST_USE enum status example_write(const char *dir, struct err *e);
bool example_is_there(const char *dir); /* a program.yaml, whosever it is */

#endif
