/* SPDX-License-Identifier: Apache-2.0
 * shim.h: what every VFS of this room that stands above another one has in common.
 *
 * The owner's struct begins with a struct sqlite_shim, its file with a struct sqlite_shim_file;
 * the file object of the VFS below lies right behind the owner's. All calls go on to the VFS
 * below; the owner replaces those in `vfs` and `methods` where it does something of its own.
 */
#ifndef SQLITE_SHIM_H
#define SQLITE_SHIM_H

#include <sqlite3.h>
#include <stddef.h>

struct sqlite_shim {
	sqlite3_vfs vfs; /* first: the VFS pointer is the object */
	sqlite3_vfs *below;
	sqlite3_io_methods methods; /* of the files the owner opens */
	char name[40];
};

struct sqlite_shim_file {
	sqlite3_file base;
	sqlite3_file *below;
};

/* Registers `s` above `vfs` (NULL: the system's), which is registered, under `kind` and its own
 * address as its name; file_bytes: the size of the owner's file. What the owner replaces in `vfs`
 * and `methods` it replaces behind this call, before any connection names the VFS. */
void sqlite_shim_init(struct sqlite_shim *s, const char *kind, const char *vfs, size_t file_bytes);
void sqlite_shim_finish(struct sqlite_shim *s); /* its connections are closed */

/* Opens the file below that belongs to the owner's file `f`, and gives `f` the methods; none where
 * nothing was opened, so that SQLite does not close it. Returns SQLite's code. */
int sqlite_shim_open(const struct sqlite_shim *s, const char *name, struct sqlite_shim_file *f,
		     int flags, int *out_flags);

#endif
