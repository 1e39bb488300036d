/* SPDX-License-Identifier: Apache-2.0
 * embed.h: files that are part of the program: those of web/, and the example of cli/example.h. A
 * table is made by tools/embed at build time, so that one binary is all there is to install.
 */
#ifndef API_EMBED_H
#define API_EMBED_H

#include <stddef.h>

struct embed_file {
	const char *path;                /* "/n.js" */
	const char *content_type, *etag; /* the tag with its quotes: a hash of the bytes */
	const char *bytes;
	size_t n;
};

extern const struct embed_file embed_files[]; /* ends with path == NULL */

#endif
