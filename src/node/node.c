/* SPDX-License-Identifier: Apache-2.0
 * node.c: opening a folder of data in a fixed order (lock, log, state, engine) and closing it in
 * the reverse. The lock is flock(2): it dies with its process, so a SIGKILL leaves no stale lock
 * behind. */
#include "node/node.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "node/refold.h"
#include "node/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct node_conf node_conf_default(const char *dir, enum node_mode mode)
{
	return (struct node_conf){
		.dir = dir,
		.mode = mode,
		.log = LOG_CONF_DEFAULT,
		.store = STORE_CONF_DEFAULT,
	};
}

const char *node_path(const char *dir, const char *name, char out[NODE_PATH_MAX])
{
	int n = snprintf(out, NODE_PATH_MAX, "%s/%s", dir, name);
	ASSERT(n > 0 && n < NODE_PATH_MAX);
	return out;
}

bool node_exists(const char *dir)
{
	char path[NODE_PATH_MAX];
	return access(node_path(dir, "node.json", path), F_OK) == 0;
}

bool node_locked(const char *dir, int *pid_r)
{
	char path[NODE_PATH_MAX], text[32] = "";
	int fd = open(node_path(dir, "lock", path), O_RDONLY | O_CLOEXEC);
	*pid_r = 0;
	if (fd < 0)
		return false;
	bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	ssize_t n = read(fd, text, sizeof text - 1);
	int64_t pid;
	if (locked && n > 0 && str_to_i64(str_trim(str_n(text, (size_t)n)), &pid))
		*pid_r = (int)pid;
	close(fd);
	return locked;
}

static enum status take_lock(struct node *n, struct err *e)
{
	char path[NODE_PATH_MAX], text[32];
	int pid;
	n->lock_fd = open(node_path(n->dir, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (n->lock_fd < 0)
		return err_set(e, errno == EACCES || errno == EPERM ? ST_DENIED : ST_IO,
			       "cannot open %s: %s", path, strerror(errno));
	if (flock(n->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		(void)node_locked(n->dir, &pid); /* only for the words below */
		close(n->lock_fd);
		n->lock_fd = -1;
		return err_set(e, ST_CONFLICT,
			       "%s is in use by process %d; stop that daemon, or use another "
			       "--data folder",
			       n->dir, pid);
	}
	int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
	if (ftruncate(n->lock_fd, 0) != 0 || pwrite(n->lock_fd, text, (size_t)len, 0) != len)
		return err_set(e, errno == ENOSPC ? ST_NO_SPACE : ST_IO, "cannot write %s: %s",
			       path, strerror(errno));
	return ST_OK;
}

static enum status identity_create(struct node *n, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct buf b;
	struct json_w w;
	uint64_t seed;
	crypto_random(&seed, sizeof seed);
	n->seed = seed >> 1; /* fits a JSON integer that readers keep signed */
	buf_init(&b, 1024);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kz(&w, "schema", "nurtured.node/1");
	json_w_key(&w, "seed");
	json_w_u64(&w, n->seed);
	json_w_ktime(&w, "created", clock_now_us());
	json_w_end(&w);
	buf_byte(&b, '\n');
	enum status st =
		file_write_atomic(node_path(n->dir, "node.json", path), buf_view(&b), 0600, e);
	buf_finish(&b);
	return st;
}

static enum status identity_read(struct node *n, struct err *e)
{
	char path[NODE_PATH_MAX];
	struct arena a;
	struct str text;
	struct json d;
	int64_t seed = -1;
	arena_init(&a, 1u << 16);
	enum status st = file_read(node_path(n->dir, "node.json", path), 1u << 14, &a, &text, e);
	if (st == ST_OK)
		st = json_parse(text, JSON_LIMITS_EVENT, &a, &d, NULL) == ST_OK
			     ? ST_OK
			     : err_set(e, ST_CORRUPT, "%s is damaged; restore it from a backup",
				       path);
	if (st == ST_OK && (!json_i64(&d, json_get(&d, 0, "seed"), &seed) || seed < 0))
		st = err_set(e, ST_CORRUPT, "%s holds no seed; restore it from a backup", path);
	n->seed = (uint64_t)seed;
	arena_finish(&a);
	return st;
}

static enum status open_folder(struct node *n, const struct node_conf *conf, struct err *e)
{
	if (conf->create && mkdir(n->dir, 0700) != 0 && errno != EEXIST)
		return err_set(e, ST_IO, "cannot make folder %s: %s", n->dir, strerror(errno));
	if (!node_exists(n->dir) && !conf->create)
		return err_set(e, ST_NOT_FOUND,
			       "no data in %s; start with: nurtured init --data %s", n->dir,
			       n->dir);
	int64_t shift;
	enum status st = conf->mode == NODE_WRITE ? take_lock(n, e) : ST_OK;
	if (st == ST_OK)
		st = node_clock_read(n->dir, &shift, e);
	if (st != ST_OK)
		return st;
	clock_shift(shift);
	st = node_exists(n->dir) ? identity_read(n, e) : identity_create(n, e);
	struct link_keys links;
	if (st != ST_OK || conf->mode != NODE_WRITE)
		return st;
	st = node_link_keys(n->dir, &links, e);
	crypto_wipe(&links, sizeof links);
	return st;
}

/* A process that was killed while time was played forward had not noted the last of it. The log
 * knows: it is on the disk before the state is. */
static enum status catch_up(struct node *n, struct err *e)
{
	struct engine_stats s;
	struct log_stats ls;
	engine_stats(n->engine, &s);
	log_stats(n->log, &ls);
	int64_t behind = (s.clock_us > ls.last_us ? s.clock_us : ls.last_us) - clock_now_us();
	if (clock_shifted_us() == 0 || behind <= 0)
		return ST_OK;
	return node_clock_set(n->dir, clock_shifted_us() + behind, e);
}

static enum status open_files(struct node *n, const struct node_conf *conf, struct err *e)
{
	char log_path[NODE_PATH_MAX], state_path[NODE_PATH_MAX];
	struct log_conf lc = conf->log;
	struct store_conf sc = conf->store;
	lc.path = node_path(n->dir, "events.db", log_path);
	sc.path = node_path(n->dir, "state.db", state_path);
	sc.polite = &n->polite;
	lc.read_only = sc.read_only = conf->mode == NODE_READ;
	enum status st = log_open_sqlite(&lc, &n->log, e);
	if (st == ST_OK)
		st = store_open_sqlite(&sc, &n->store, e);
	if (st != ST_OK || conf->mode == NODE_READ)
		return st;
	const struct refold anew = {n->dir, n->seed, n->log, &sc, conf->say, conf->say_ctx};
	st = refold(&anew, &n->store, e);
	if (st != ST_OK)
		return st;
	struct engine_conf ec = {.log = n->log,
				 .store = n->store,
				 .seed = n->seed,
				 .hand_over = conf->hand_over,
				 .polite = &n->polite,
				 .ctx = conf->ctx};
	st = engine_open(&ec, &n->engine, e);
	return st == ST_OK ? catch_up(n, e) : st;
}

/* Databases that are shared need a file of locks beside them, so reading writes as well. What
 * SQLite says of a folder where it cannot ("unable to open") helps nobody. */
static enum status who_may(const char *dir, enum status st, struct err *e)
{
	struct stat sb;
	if ((st != ST_IO && st != ST_DENIED) || access(dir, W_OK | X_OK) == 0)
		return st;
	if (errno == EROFS)
		return err_set(e, ST_DENIED,
			       "%s is mounted for reading only, and even who reads writes there; "
			       "copy the folder, and give --data COPY",
			       dir);
	if (errno != EACCES || stat(dir, &sb) != 0)
		return st;
	return err_set(e, ST_DENIED,
		       "user %u may not write to %s, and even who reads writes there; run as its "
		       "owner, user %u, or let user %u write to it",
		       (unsigned)geteuid(), dir, (unsigned)sb.st_uid, (unsigned)geteuid());
}

enum status node_open(const struct node_conf *conf, struct node **out, struct err *e)
{
	if (strlen(conf->dir) + 32 > NODE_PATH_MAX)
		return err_set(e, ST_INVALID, "the data folder's path is longer than %d bytes",
			       NODE_PATH_MAX - 32);
	struct node *n = mem_alloc(sizeof *n);
	(void)snprintf(n->dir, sizeof n->dir, "%s", conf->dir); /* length checked above */
	n->mode = conf->mode;
	n->lock_fd = -1;
	enum status st = open_folder(n, conf, e);
	if (st == ST_OK)
		st = open_files(n, conf, e);
	if (st != ST_OK)
		st = who_may(n->dir, st, e);
	if (st != ST_OK)
		node_close(&n);
	else
		*out = n;
	return st;
}

void node_close(struct node **n)
{
	if (*n == NULL)
		return;
	engine_close(&(*n)->engine);
	store_close(&(*n)->store);
	log_close(&(*n)->log);
	if ((*n)->lock_fd >= 0)
		close((*n)->lock_fd);
	mem_free(*n);
	*n = NULL;
}

enum status node_submit(struct node *n, struct log_entry *entries, size_t count, struct err *e)
{
	size_t done;
	ASSERT(n->mode == NODE_WRITE);
	enum status st = count ? log_append(n->log, entries, count, e) : ST_OK;
	do {
		done = 0;
		if (st == ST_OK)
			st = engine_run(n->engine, &done, e);
	} while (st == ST_OK && done > 0);
	return st;
}
