/* SPDX-License-Identifier: Apache-2.0
 * auth.c: who is asking, and how often. A missing credential is 401, a good one on the wrong kind
 * of route is 403, so that a developer sees which of the two mistakes it was. */
#include "api/api_internal.h"

#include "base/clock.h"
#include "base/rate.h"
#include "base/time.h"
#include "net/http_text.h"

static enum status refuse(struct api_call *call, struct api_problem *p, enum status st,
			  const char *message, const char *fix)
{
	metrics_inc(call->api->metrics, METRIC_HTTP_UNAUTHENTICATED);
	*p = (struct api_problem){.status = st, .message = str_of(message), .fix = str_of(fix)};
	return st;
}

static enum status let_in(struct api_call *call, const struct api_key *key, struct api_problem *p)
{
	struct api *a = call->api;
	call->key = *key;
	call->key_known = true;
	if (a->conf.rate_per_s <= 0)
		return ST_OK;
	int64_t wait_us = rate_wait_us(&a->next_free_us[key->slot], US_PER_S / a->conf.rate_per_s,
				       a->conf.rate_burst, clock_mono_us());
	if (wait_us == 0)
		return ST_OK;
	metrics_inc(a->metrics, METRIC_HTTP_LIMITED);
	*p = (struct api_problem){
		.status = ST_BUSY,
		.code = "rate_limited",
		.message = STR("this key sends faster than it may"),
		.fix = STR("wait as Retry-After says; batches count as one request"),
		.retry_after_s = wait_us / 1000000 + 1};
	return ST_BUSY;
}

/* The token of an Authorization header, in whichever of the two schemes. */
static bool offered(struct http_request *req, struct str authorization, struct str *token)
{
	struct str password;
	return http_bearer_auth(authorization, token) ||
	       http_basic_auth(authorization, req->arena, token, &password);
}

/* A good key on the wrong kind of route. */
static bool is_another(struct keys *keys, struct str token)
{
	struct api_key key;
	return keys_find(keys, KEY_DECIDE, token, &key) || keys_find(keys, KEY_ADMIN, token, &key);
}

static enum status auth_write(struct api_call *call, struct api_problem *p)
{
	struct api_key key;
	struct str token, header = http_header(call->req, "Authorization");
	if (header.p == NULL)
		return ST_OK; /* it may stand in the body: the handler asks api_auth_write_key */
	if (offered(call->req, header, &token) &&
	    keys_find(call->api->keys, KEY_WRITE, token, &key))
		return let_in(call, &key, p);
	if (offered(call->req, header, &token) && is_another(call->api->keys, token))
		return refuse(call, p, ST_DENIED, "events are brought in with a write key",
			      "nurtured key add write NAME makes one");
	return refuse(call, p, ST_UNAUTHENTICATED,
		      "the Authorization header holds no write key we know",
		      "send \"Basic base64(WRITE_KEY:)\" or \"Bearer WRITE_KEY\"; nurtured key add "
		      "write NAME makes one");
}

static enum status auth_admin(struct api_call *call, struct api_problem *p)
{
	struct api_key key;
	struct str token, header = http_header(call->req, "Authorization");
	bool any = header.p != NULL && offered(call->req, header, &token);
	bool bearer = any && http_bearer_auth(header, &token);
	if (bearer && keys_find(call->api->keys, KEY_ADMIN, token, &key)) {
		call->key = key;
		call->key_known = true;
		return ST_OK;
	}
	if (any && keys_find(call->api->keys, KEY_WRITE, token, &key))
		return refuse(call, p, ST_DENIED,
			      "a write key can bring events in and nothing else",
			      "use an admin token (nt_...)");
	if (bearer && keys_find(call->api->keys, KEY_DECIDE, token, &key))
		return refuse(call, p, ST_DENIED,
			      "a decide key can ask for decisions and nothing else",
			      "use an admin token (nt_...)");
	if (!bearer)
		return refuse(call, p, ST_UNAUTHENTICATED, "this route needs an admin token",
			      "send \"Authorization: Bearer nt_...\"");
	return refuse(call, p, ST_UNAUTHENTICATED, "the admin token is not one we know",
		      "nurtured key add admin NAME makes one");
}

/* Whoever holds another key of ours is told which one it takes. */
static enum status auth_decide(struct api_call *call, struct api_problem *p)
{
	struct api_key key;
	struct keys *keys = call->api->keys;
	struct str token, header = http_header(call->req, "Authorization");
	bool bearer = header.p != NULL && http_bearer_auth(header, &token);
	if (bearer && keys_find(keys, KEY_DECIDE, token, &key))
		return let_in(call, &key, p);
	if (bearer &&
	    (keys_find(keys, KEY_WRITE, token, &key) || keys_find(keys, KEY_ADMIN, token, &key)))
		return refuse(call, p, ST_DENIED, "decisions are asked for with a key of their own",
			      "nurtured key add decide NAME makes one");
	return refuse(call, p, ST_UNAUTHENTICATED,
		      "the Authorization header holds no decide key we know",
		      "send \"Authorization: Bearer nd_...\"; nurtured key add decide NAME makes "
		      "one");
}

enum status api_auth(struct api_call *call, struct api_problem *p)
{
	switch (api_routes[call->op].role) {
	case API_PUBLIC:
	case API_SIGNED: return ST_OK;
	case API_LOCAL:
		if (call->req->remote_is_local ||
		    (call->op == API_OP_METRICS && call->api->conf.metrics_public))
			return ST_OK;
		return auth_admin(call, p);
	case API_WRITE_KEY: return auth_write(call, p);
	case API_ADMIN: return auth_admin(call, p);
	case API_DECIDE: return auth_decide(call, p);
	}
	return ST_DENIED;
}

enum status api_auth_write_key(struct api_call *call, struct str token, struct err *e)
{
	struct api_key key;
	struct api_problem p;
	if (call->key_known)
		return ST_OK;
	if (!keys_find(call->api->keys, KEY_WRITE, token, &key)) {
		metrics_inc(call->api->metrics, METRIC_HTTP_UNAUTHENTICATED);
		if (is_another(call->api->keys, token))
			return err_set(e, ST_DENIED, "events are brought in with a write key");
		return err_set(
			e, ST_UNAUTHENTICATED,
			"no write key we know: send it as Basic, as Bearer, or as writeKey in "
			"the body");
	}
	enum status st = let_in(call, &key, &p);
	if (st != ST_OK)
		return err_set(e, st, STR_FMT, STR_ARG(p.message));
	return ST_OK;
}
