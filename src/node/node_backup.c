/* SPDX-License-Identifier: Apache-2.0
 * node_backup.c: a copy of a node, whole or not there. It grows in DIR.part and takes its name when
 * every file in it is; what a killed backup left is cleared away by the next one. The state is
 * copied first and the log, which only grows, second: a state may be behind its log (the rest is
 * folded on start), never ahead. */
#include "base/file.h"
#include "base/json.h"
#include "node/node.h"
#include "registry/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE_MAX ((size_t)16 << 20)

static const char *const files[] = {"state.db",   "events.db",     "keys.json", "links.json",
				    "clock.json", "settings.json", "node.json", NODE_SPEAKING};
/* Small ones, which a node may lack and is whole all the same. */
static const char *const maybe[] = {"keys.json", "links.json", "settings.json", "clock.json"};

static enum status copy_file(const char *from_dir, const char *to_dir, const char *name,
			     struct err *e)
{
	char from[NODE_PATH_MAX], to[NODE_PATH_MAX];
	struct arena a;
	struct str text;
	arena_init(&a, 2 * SMALL_FILE_MAX);
	enum status st = file_read(node_path(from_dir, name, from), SMALL_FILE_MAX, &a, &text, e);
	if (st == ST_OK)
		st = file_write_atomic(node_path(to_dir, name, to), text, 0600, e);
	arena_finish(&a);
	return st;
}

static enum status copy_all(struct node *n, const char *dir, struct err *e)
{
	char path[NODE_PATH_MAX];
	enum status st = store_backup(n->store, node_path(dir, "state.db", path), e);
	if (st == ST_OK)
		st = log_backup(n->log, node_path(dir, "events.db", path), e);
	for (size_t i = 0; st == ST_OK && i < sizeof maybe / sizeof maybe[0]; i++) {
		st = copy_file(n->dir, dir, maybe[i], e);
		st = st == ST_NOT_FOUND ? ST_OK : st;
	}
	if (st == ST_OK)
		st = registry_copy(n->dir, dir, e);
	/* What is `sending` in a copy may have left since: nothing of it is sent again. */
	if (st == ST_OK)
		st = file_write_atomic(node_path(dir, NODE_SPEAKING, path),
				       STR("restored from a backup\n"), 0600, e);
	return st == ST_OK ? copy_file(n->dir, dir, "node.json", e) : st;
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (strncmp(name, files[i], strlen(files[i])) == 0)
			return true;
	return false;
}

static bool remove_ours(int fd, const char *name)
{
	if (strcmp(name, "models") == 0)
		return registry_clear(fd);
	return is_ours(name) && unlinkat(fd, name, 0) == 0;
}

/* Removes files of a backup, whole or half. False: something else is there, which stays. */
static bool clear_folder(int fd)
{
	int own = dup(fd);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	struct dirent *entry;
	bool empty = d != NULL;
	if (d == NULL)
		return false;
	rewinddir(d);
	while ((entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			empty = remove_ours(fd, entry->d_name) && empty;
	(void)closedir(d);
	return empty;
}

static enum status failed(struct err *e, const char *what, const char *path)
{
	return err_set(e, errno == ENOSPC ? ST_NO_SPACE : ST_IO, "cannot %s %s: %s", what, path,
		       strerror(errno));
}

/* The folder, empty and ours alone: a lock on it dies with its process. */
static enum status open_part(const char *part, int *fd_r, struct err *e)
{
	if (mkdir(part, 0700) != 0 && errno != EEXIST)
		return failed(e, "make", part);
	int fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return failed(e, "open", part);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return err_set(e, ST_CONFLICT, "%s: another backup is writing there", part);
	}
	if (!clear_folder(fd)) {
		close(fd);
		return err_set(e, ST_CONFLICT,
			       "%s is in the way, and holds more than a backup would", part);
	}
	*fd_r = fd;
	return ST_OK;
}

static enum status put_in_place(int fd, const char *part, const char *dir, struct err *e)
{
	if (fsync(fd) != 0 || rename(part, dir) != 0)
		return failed(e, "finish", dir);
	return file_sync_folder(dir, e);
}

enum status node_backup(struct node *n, const char *to, struct err *e)
{
	char dir[NODE_PATH_MAX], part[NODE_PATH_MAX];
	int fd = -1;
	size_t len = strlen(to);
	while (len > 1 && to[len - 1] == '/')
		len--;
	if (len == 0 || len + 32 > NODE_PATH_MAX)
		return err_set(e, ST_INVALID, "a backup wants a folder's name of 1 to %d bytes",
			       NODE_PATH_MAX - 32);
	(void)snprintf(dir, sizeof dir, "%.*s", (int)len, to); /* lengths checked above */
	(void)snprintf(part, sizeof part, "%.*s.part", (int)len, to);
	struct stat there;
	if (lstat(dir, &there) == 0)
		return err_set(e, ST_CONFLICT, "%s exists already; a backup wants a new folder",
			       dir);
	enum status st = open_part(part, &fd, e);
	if (st != ST_OK)
		return st;
	st = copy_all(n, part, e);
	if (st == ST_OK)
		st = put_in_place(fd, part, dir, e);
	if (st != ST_OK) {
		(void)clear_folder(fd);
		(void)rmdir(part); /* best effort: the next backup tries again */
	}
	close(fd);
	return st;
}

/* ---- when the last one was ---- */

enum status node_backup_note(const char *data, const char *dir, int64_t at_us, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct buf b;
	struct json_w w;
	buf_init(&b, 2 * NODE_PATH_MAX + 256);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.last_backup/1");
	json_w_ki64(&w, "at", at_us);
	json_w_kz(&w, "dir", dir);
	json_w_end(&w);
	buf_byte(&b, '\n');
	enum status st =
		file_write_atomic(node_path(data, "backup.json", path), buf_view(&b), 0600, e);
	buf_finish(&b);
	return st;
}

bool node_backup_last(const char *data, struct arena *a, int64_t *at_us_r, struct str *dir_r)
{
	char path[NODE_PATH_MAX];
	struct str text;
	struct json d;
	if (file_read(node_path(data, "backup.json", path), 4 * NODE_PATH_MAX, a, &text, NULL) !=
		    ST_OK ||
	    json_parse(text, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    !json_i64(&d, json_get(&d, 0, "at"), at_us_r))
		return false;
	*dir_r = json_str(&d, json_get(&d, 0, "dir"), a);
	return true;
}
