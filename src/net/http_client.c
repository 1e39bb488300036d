/* SPDX-License-Identifier: Apache-2.0
 * http_client.c: libcurl, told to do little. Every option that lets an answer lead it somewhere
 * else (redirects, proxies, other protocols) is off. */
#include "net/http_client.h"

#include "base/assert.h"
#include "base/buf.h"

#include <curl/curl.h>
#include <stdio.h>

#define URL_BYTES_MAX 4096

struct http_client {
	struct http_client_conf conf;
	char *base_url, *authorization, *ca_path;
	CURL *curl;
};

struct exchange {
	struct http_client *c;
	const char *method;
	const char *path;
	struct str body;
	struct buf got;
};

static char *copy(const char *z)
{
	return z ? mem_strz(str_of(z)) : NULL;
}

enum status http_client_create(const struct http_client_conf *conf, struct http_client **out,
			       struct err *e)
{
	struct str url = str_of(conf->base_url);
	if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
		return err_set(e, ST_INVALID,
			       "\"" STR_FMT "\" is no daemon's address; it looks like "
			       "http://127.0.0.1:8080",
			       STR_ARG(url));
	/* Counts its callers, and is safe from several threads since 7.84. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ST_UNAVAILABLE, "libcurl does not start");
	struct http_client *c = mem_alloc(sizeof *c);
	c->conf = *conf;
	c->base_url = copy(conf->base_url);
	c->ca_path = copy(conf->ca_path);
	if (conf->bearer_token != NULL) {
		size_t bytes = strlen(conf->bearer_token) + sizeof "Authorization: Bearer ";
		c->authorization = mem_alloc(bytes);
		(void)snprintf(c->authorization, bytes, "Authorization: Bearer %s",
			       conf->bearer_token); /* sized above */
	}
	c->curl = curl_easy_init();
	ASSERT(c->curl != NULL);
	*out = c;
	return ST_OK;
}

void http_client_destroy(struct http_client **client)
{
	struct http_client *c = *client;
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	curl_global_cleanup();
	mem_free(c->base_url);
	mem_free(c->authorization);
	mem_free(c->ca_path);
	mem_free(c);
	*client = NULL;
}

/* Returning less than was given ends the transfer. */
static size_t on_bytes(char *p, size_t size, size_t count, void *exchange)
{
	struct exchange *x = exchange;
	buf_put(&x->got, p, size * count);
	return buf_ok(&x->got) ? size * count : 0;
}

static CURLcode set_all(struct exchange *x, const char *url, struct curl_slist *headers,
			char error[CURL_ERROR_SIZE])
{
	const struct http_client_conf *conf = &x->c->conf;
	CURL *h = x->c->curl;
	CURLcode rc = CURLE_OK;
	curl_easy_reset(h);
#define SET(option, value) \
	if (rc == CURLE_OK) \
	rc = curl_easy_setopt(h, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_ERRORBUFFER, error);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CUSTOMREQUEST, x->method);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(conf->connect_timeout_us / 1000));
	SET(CURLOPT_TIMEOUT_MS, (long)(conf->timeout_us / 1000));
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (x->c->ca_path != NULL)
		SET(CURLOPT_CAINFO, x->c->ca_path);
	if (x->body.p != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.n);
		SET(CURLOPT_POSTFIELDS, x->body.p);
	}
#undef SET
	return rc;
}

/* Which failures leave the request undone for sure, and which do not. */
static enum status failure(const struct exchange *x, CURLcode rc, const char *error, struct err *e)
{
	const char *why = error[0] ? error : curl_easy_strerror(rc);
	const char *where = x->c->base_url;
	if (!buf_ok(&x->got))
		return err_set(e, ST_LIMIT, "%s answers more than %zu bytes", where,
			       x->c->conf.answer_bytes_max);
	switch (rc) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(e, ST_INVALID, "%s%s is no address: %s", where, x->path, why);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return err_set(e, ST_UNAVAILABLE,
			       "no daemon answers at %s: %s. Is it running? Start "
			       "it with: nurtured serve",
			       where, why);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(e, ST_DENIED, "%s cannot be trusted: %s", where, why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ST_TIMEOUT, "%s does not answer in time: %s", where, why);
	default:
		return err_set(e, ST_UNCERTAIN,
			       "the answer of %s was lost: %s. The request may have "
			       "been carried out",
			       where, why);
	}
}

static struct curl_slist *headers_of(const struct exchange *x)
{
	struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
	list = curl_slist_append(list, "Expect:");
	list = curl_slist_append(list, "User-Agent: nurtured/" NURTURED_VERSION);
	if (x->body.p != NULL)
		list = curl_slist_append(list, "Content-Type: application/json");
	if (x->c->authorization != NULL)
		list = curl_slist_append(list, x->c->authorization);
	ASSERT(list != NULL);
	return list;
}

static enum status take_answer(const struct exchange *x, struct arena *a, struct http_answer *out,
			       struct err *e)
{
	CURL *h = x->c->curl;
	long status = 0;
	char *type = NULL;
	curl_off_t retry = 0;
	struct http_answer answer = {0};
	if (curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
	    curl_easy_getinfo(h, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
	    curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &retry) != CURLE_OK)
		return err_set(e, ST_UNCERTAIN, "libcurl does not tell what %s said",
			       x->c->base_url);
	answer.status = (int)status;
	answer.retry_after_s = (int64_t)retry;
	answer.content_type = arena_str(a, str_of(type));
	answer.body = arena_str(a, buf_view(&x->got));
	if (answer.content_type.p == NULL || answer.body.p == NULL)
		return err_set(e, ST_LIMIT,
			       "the answer is larger than the memory set aside for it");
	*out = answer;
	return ST_OK;
}

static enum status run(struct exchange *x, struct arena *a, struct http_answer *out, struct err *e)
{
	char url[URL_BYTES_MAX], error[CURL_ERROR_SIZE] = "";
	int n = snprintf(url, sizeof url, "%s%s", x->c->base_url, x->path);
	if (n < 0 || (size_t)n >= sizeof url || x->path[0] != '/')
		return err_set(e, ST_INVALID, "the path must start with '/' and be shorter than %d",
			       URL_BYTES_MAX);
	struct curl_slist *headers = headers_of(x);
	buf_init(&x->got, x->c->conf.answer_bytes_max);
	CURLcode rc = set_all(x, url, headers, error);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(x->c->curl);
	enum status st = rc == CURLE_OK ? take_answer(x, a, out, e) : failure(x, rc, error, e);
	curl_slist_free_all(headers);
	buf_finish(&x->got);
	return st;
}

enum status http_client_get(struct http_client *c, const char *path, struct arena *a,
			    struct http_answer *out, struct err *e)
{
	struct exchange x = {.c = c, .method = "GET", .path = path};
	return run(&x, a, out, e);
}

enum status http_client_post(struct http_client *c, const char *path, struct str json,
			     struct arena *a, struct http_answer *out, struct err *e)
{
	struct exchange x = {.c = c, .method = "POST", .path = path, .body = json};
	if (json.p == NULL)
		x.body = STR("");
	return run(&x, a, out, e);
}

enum status http_client_delete(struct http_client *c, const char *path, struct arena *a,
			       struct http_answer *out, struct err *e)
{
	struct exchange x = {.c = c, .method = "DELETE", .path = path};
	return run(&x, a, out, e);
}
