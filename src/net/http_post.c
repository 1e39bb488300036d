/* SPDX-License-Identifier: Apache-2.0
 * http_post.c: one thread around libcurl's multi interface. Jobs wait in one list in the order they
 * came; the first whose address has room is next, so a slow address only lengthens its own line. */
#include "net/http_post.h"

#include "base/assert.h"
#include "base/arena.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

#define POLL_MS 60000
#define ANSWER_BYTES_MAX ((size_t)64 << 10) /* read, and thrown away */

struct job {
	struct job *next;
	uint64_t id;
	char *url, *body;
	size_t body_n, got;
	struct curl_slist *headers;
	CURL *curl;
	char error[CURL_ERROR_SIZE];
};

struct http_post {
	struct http_post_conf conf;
	char *ca_path;
	CURLM *multi;
	pthread_t thread;
	bool started;
	/* the thread's alone */
	struct job *active;
	/* under the lock */
	pthread_mutex_t lock;
	struct job *first, **last; /* waiting */
	size_t jobs;               /* waiting and under way */
	bool stop;
};

/* ---- a job ---- */

static void job_free(struct job *j)
{
	if (j->curl != NULL)
		curl_easy_cleanup(j->curl);
	curl_slist_free_all(j->headers);
	mem_free(j->url);
	mem_free(j->body);
	mem_free(j);
}

static struct job *job_copy(const struct http_post_job *in)
{
	static const char *const own[] = {"Content-Type: application/json",
					  "Expect:", "User-Agent: nurtured/" NURTURED_VERSION};
	struct job *j = mem_alloc(sizeof *j);
	j->id = in->id;
	j->url = mem_strz(in->url);
	j->body = mem_strz(in->body);
	j->body_n = in->body.n;
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		j->headers = curl_slist_append(j->headers, own[i]);
	for (size_t i = 0; i < HTTP_POST_HEADERS_MAX && in->headers[i].n > 0; i++) {
		char *line = mem_strz(in->headers[i]);
		j->headers = curl_slist_append(j->headers, line);
		mem_free(line);
	}
	ASSERT(j->headers != NULL);
	return j;
}

/* An answer is read to its end, so that the connection can be used again, but not for ever. */
static size_t on_bytes(char *p, size_t size, size_t count, void *job)
{
	struct job *j = job;
	(void)p;
	j->got += size * count;
	return j->got <= ANSWER_BYTES_MAX ? size * count : 0;
}

static CURLcode set_all(const struct http_post *p, struct job *j)
{
	CURL *h = j->curl;
	CURLcode rc = CURLE_OK;
#define SET(option, value) \
	if (rc == CURLE_OK) \
	rc = curl_easy_setopt(h, option, value)
	SET(CURLOPT_URL, j->url);
	SET(CURLOPT_PRIVATE, j);
	SET(CURLOPT_ERRORBUFFER, j->error);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body_n);
	SET(CURLOPT_POSTFIELDS, j->body);
	SET(CURLOPT_HTTPHEADER, j->headers);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(p->conf.connect_timeout_us / 1000));
	SET(CURLOPT_TIMEOUT_MS, (long)(p->conf.timeout_us / 1000));
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, j);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (p->ca_path != NULL)
		SET(CURLOPT_CAINFO, p->ca_path);
#undef SET
	return rc;
}

/* ---- what became of it ---- */

static enum status meaning(CURLcode rc)
{
	switch (rc) {
	case CURLE_OK:
	case CURLE_WRITE_ERROR: return ST_OK; /* it answered, and would not end */
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL: return ST_INVALID;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT: return ST_UNAVAILABLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE: return ST_DENIED;
	case CURLE_OPERATION_TIMEDOUT: return ST_TIMEOUT;
	default: return ST_UNCERTAIN;
	}
}

static void tell(struct http_post *p, struct job *j, enum status st, const char *why)
{
	struct http_post_result r = {.id = j->id, .status = st};
	(void)snprintf(r.why, sizeof r.why, "%s", why);
	long http = 0;
	curl_off_t retry = 0;
	bool answered = st == ST_OK && j->curl != NULL;
	if (answered && curl_easy_getinfo(j->curl, CURLINFO_RESPONSE_CODE, &http) == CURLE_OK)
		r.http = (int)http;
	if (answered && curl_easy_getinfo(j->curl, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK)
		r.retry_after_s = (int64_t)retry;
	if (answered && r.http == 0)
		r.status = ST_UNCERTAIN;
	pthread_mutex_lock(&p->lock);
	p->jobs--;
	pthread_mutex_unlock(&p->lock);
	p->conf.done(p->conf.ctx, &r);
	job_free(j);
}

static void unlink_active(struct http_post *p, struct job *j)
{
	struct job **at = &p->active;
	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	(void)curl_multi_remove_handle(p->multi, j->curl); /* it is one of its own */
}

static void take_ends(struct http_post *p)
{
	CURLMsg *m;
	int left;
	while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
		char *of = NULL;
		CURLcode rc = m->data.result;
		ASSERT(m->msg == CURLMSG_DONE);
		if (curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &of) != CURLE_OK)
			UNREACHED();
		struct job *j = (struct job *)(void *)of;
		unlink_active(p, j);
		tell(p, j, meaning(rc), j->error[0] ? j->error : curl_easy_strerror(rc));
	}
}

/* ---- the thread ---- */

static size_t under_way(const struct http_post *p, const char *url)
{
	size_t n = 0;
	for (const struct job *j = p->active; j != NULL; j = j->next)
		n += strcmp(j->url, url) == 0;
	return n;
}

/* The first waiting one whose address has room; NULL: none. With the lock held. */
static struct job *take_next(struct http_post *p)
{
	for (struct job **at = &p->first; *at != NULL; at = &(*at)->next) {
		struct job *j = *at;
		if (under_way(p, j->url) >= p->conf.each_max)
			continue;
		*at = j->next;
		if (p->last == &j->next)
			p->last = at;
		return j;
	}
	return NULL;
}

static void begin(struct http_post *p, struct job *j)
{
	j->curl = curl_easy_init();
	ASSERT(j->curl != NULL);
	CURLcode rc = set_all(p, j);
	if (rc != CURLE_OK) {
		tell(p, j, ST_INVALID, curl_easy_strerror(rc));
		return;
	}
	j->next = p->active;
	p->active = j;
	if (curl_multi_add_handle(p->multi, j->curl) == CURLM_OK)
		return;
	p->active = j->next;
	tell(p, j, ST_UNAVAILABLE, "libcurl takes no more");
}

/* False: it is over. */
static bool begin_all(struct http_post *p)
{
	for (;;) {
		pthread_mutex_lock(&p->lock);
		bool stop = p->stop;
		struct job *j = stop ? NULL : take_next(p);
		pthread_mutex_unlock(&p->lock);
		if (j == NULL)
			return !stop;
		begin(p, j);
	}
}

static void end_all(struct http_post *p)
{
	while (p->active != NULL) {
		struct job *j = p->active;
		unlink_active(p, j);
		tell(p, j, ST_UNAVAILABLE, "stopped before an answer came");
	}
	pthread_mutex_lock(&p->lock);
	struct job *j = p->first;
	p->stop = true; /* also when the library gave up: nobody would post what came now */
	p->first = NULL;
	p->last = &p->first;
	pthread_mutex_unlock(&p->lock);
	while (j != NULL) {
		struct job *next = j->next;
		tell(p, j, ST_UNAVAILABLE, "stopped before it was sent");
		j = next;
	}
}

static void *run(void *arg)
{
	struct http_post *p = arg;
	int running;
	(void)pthread_setname_np(pthread_self(), "posts");
	while (begin_all(p)) {
		if (curl_multi_perform(p->multi, &running) != CURLM_OK)
			break;
		take_ends(p);
		pthread_mutex_lock(&p->lock);
		bool more = p->first != NULL && under_way(p, p->first->url) < p->conf.each_max;
		pthread_mutex_unlock(&p->lock);
		if (!more && curl_multi_poll(p->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			break;
	}
	end_all(p);
	return NULL;
}

/* ---- from outside ---- */

enum status http_post_create(const struct http_post_conf *conf, struct http_post **out,
			     struct err *e)
{
	ASSERT(conf->done != NULL && conf->jobs_max > 0 && conf->each_max > 0);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ST_UNAVAILABLE, "libcurl does not start");
	struct http_post *p = mem_alloc(sizeof *p);
	p->conf = *conf;
	p->ca_path = conf->ca_path ? mem_strz(str_of(conf->ca_path)) : NULL;
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	p->multi = curl_multi_init();
	ASSERT(p->multi != NULL);
	int rc = pthread_create(&p->thread, NULL, run, p);
	p->started = rc == 0;
	if (rc != 0) {
		http_post_destroy(&p);
		return err_set(e, ST_UNAVAILABLE, "the thread of requests cannot start: %s",
			       strerror(rc));
	}
	*out = p;
	return ST_OK;
}

void http_post_destroy(struct http_post **post)
{
	struct http_post *p = *post;
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_mutex_unlock(&p->lock);
	(void)curl_multi_wakeup(p->multi);
	if (p->started)
		pthread_join(p->thread, NULL);
	ASSERT(p->jobs == 0);
	(void)curl_multi_cleanup(p->multi);
	curl_global_cleanup();
	pthread_mutex_destroy(&p->lock);
	mem_free(p->ca_path);
	mem_free(p);
	*post = NULL;
}

enum status http_post_send(struct http_post *p, const struct http_post_job *job, struct err *e)
{
	struct job *j = job_copy(job);
	pthread_mutex_lock(&p->lock);
	bool room = p->jobs < p->conf.jobs_max && !p->stop;
	if (room) {
		p->jobs++;
		*p->last = j;
		p->last = &j->next;
	}
	pthread_mutex_unlock(&p->lock);
	if (!room) {
		job_free(j);
		return err_set(e, ST_LIMIT, "too many requests are waiting to be sent");
	}
	(void)curl_multi_wakeup(p->multi);
	return ST_OK;
}
