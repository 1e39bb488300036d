/* SPDX-License-Identifier: Apache-2.0
 * openapi.c: the OpenAPI 3.1 description, written from the routes table: a route cannot go
 * undocumented, nor can the document speak of one that is not served. */
#include "api/api_internal.h"

#include "base/assert.h"
#include "base/json.h"

static const struct {
	const char *name, *json;
} schemas[] = {
#define SCHEMA(n, text) {.name = n, .json = text},
#include "api/schemas.def"
#undef SCHEMA
};

static const struct {
	const char *name, *description;
} tags[] = {
	{"ingest", "Events in: Segment's tracking API, forms, signed webhooks. Write keys."},
	{"leads", "Leads: who they are, what they did, why they stand where they stand."},
	{"program", "The program: check, plan, apply."},
	{"keys", "Write keys and admin tokens."},
	{"operate", "Health, numbers, copies."},
	{"web", "What a web page loads."},
};

static void schema_ref(struct json_w *w, const char *name)
{
	char ref[96];
	struct buf b = {.p = ref, .cap = sizeof ref, .bytes_max = sizeof ref};
	buf_z(&b, "#/components/schemas/");
	buf_z(&b, name);
	json_w_object(w);
	json_w_kstr(w, "$ref", buf_view(&b));
	json_w_end(w);
}

/* "content": {type: {schema}} for each media type. */
static void content(struct json_w *w, struct str types, const char *schema)
{
	json_w_key(w, "content");
	json_w_object(w);
	for (struct str rest = types; rest.p != NULL;) {
		json_w_key_str(w, str_cut(&rest, ' '));
		json_w_object(w);
		json_w_key(w, "schema");
		schema_ref(w, schema);
		json_w_end(w);
	}
	json_w_end(w);
}

static void text_content(struct json_w *w, const char *type)
{
	json_w_key(w, "content");
	json_w_object(w);
	json_w_key(w, type);
	json_w_object(w);
	json_w_key(w, "schema");
	json_w_object(w);
	json_w_kz(w, "type", "string");
	json_w_end(w);
	json_w_end(w);
	json_w_end(w);
}

static void path_parameter(struct json_w *w, struct str name)
{
	json_w_object(w);
	json_w_kstr(w, "name", name);
	json_w_kz(w, "in", "path");
	json_w_kbool(w, "required", true);
	json_w_key(w, "schema");
	json_w_object(w);
	json_w_kz(w, "type", "string");
	json_w_end(w);
	json_w_end(w);
}

static void query_parameter(struct json_w *w, const struct api_query *q)
{
	json_w_object(w);
	json_w_kz(w, "name", q->name);
	json_w_kz(w, "in", "query");
	json_w_kz(w, "description", q->description);
	json_w_key(w, "schema");
	json_w_object(w);
	json_w_kz(w, "type", q->kind == API_QUERY_NUMBER ? "integer" : "string");
	if (q->kind == API_QUERY_NUMBER) {
		json_w_ki64(w, "minimum", q->least);
		if (q->most < INT64_MAX)
			json_w_ki64(w, "maximum", q->most);
	}
	if (q->kind == API_QUERY_WORD) {
		json_w_key(w, "enum");
		json_w_array(w);
		for (struct str rest = str_of(q->words); rest.p != NULL;)
			json_w_str(w, str_cut(&rest, ' '));
		json_w_end(w);
	}
	json_w_end(w);
	json_w_end(w);
}

static void parameters(struct json_w *w, const struct api_route *r)
{
	enum api_op op = (enum api_op)(r - api_routes);
	struct str p = str_of(r->pattern);
	size_t open = str_find_byte(p, '{');
	json_w_key(w, "parameters");
	json_w_array(w);
	if (open < p.n)
		path_parameter(w, str_slice(p, open + 1, str_find_byte(p, '}')));
	for (size_t i = 0; i < api_queries_n; i++)
		if (api_queries[i].op == op)
			query_parameter(w, &api_queries[i]);
	json_w_end(w);
}

static void one_scheme(struct json_w *w, const char *name)
{
	json_w_object(w);
	if (name != NULL) {
		json_w_key(w, name);
		json_w_array(w);
		json_w_end(w);
	}
	json_w_end(w);
}

/* An empty object among the alternatives says that none of them is needed. */
static void security(struct json_w *w, enum api_role role)
{
	json_w_key(w, "security");
	json_w_array(w);
	switch (role) {
	case API_WRITE_KEY:
		one_scheme(w, "writeKeyBasic");
		one_scheme(w, "writeKeyBearer");
		one_scheme(w, NULL); /* the key may stand in the body */
		break;
	case API_SIGNED: one_scheme(w, "webhookSignature"); break;
	case API_LOCAL:
		one_scheme(w, "adminToken");
		one_scheme(w, NULL);
		break;
	case API_ADMIN: one_scheme(w, "adminToken"); break;
	case API_DECIDE: one_scheme(w, "decideKey"); break;
	case API_PUBLIC: break;
	}
	json_w_end(w);
}

static void responses(struct json_w *w, const struct api_route *r)
{
	json_w_key(w, "responses");
	json_w_object(w);
	json_w_key(w, "200");
	json_w_object(w);
	json_w_kz(w, "description", "Done");
	if (strcmp(r->reply_schema, "text") == 0)
		text_content(w, "text/plain");
	else if (strcmp(r->reply_schema, "javascript") == 0)
		text_content(w, "text/javascript");
	else if (strcmp(r->reply_schema, "html") == 0)
		text_content(w, "text/html");
	else if (strcmp(r->reply_schema, "gif") == 0)
		text_content(w, "image/gif");
	else
		content(w, STR("application/json"), r->reply_schema);
	json_w_end(w);
	json_w_key(w, "default");
	json_w_object(w);
	json_w_kz(w, "description", "Refused or failed; the code says why and never changes");
	content(w, STR("application/json"), "error");
	json_w_end(w);
	json_w_end(w);
}

static void lower(struct str name, struct buf *out)
{
	for (size_t i = 0; i < name.n; i++)
		buf_byte(out,
			 name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] + 32) : name.p[i]);
}

static void key_lower(struct json_w *w, const char *name)
{
	char text[64];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	lower(str_of(name), &b);
	json_w_key_str(w, buf_view(&b));
}

static void operation(struct json_w *w, const struct api_route *r)
{
	char id[64];
	struct buf b = {.p = id, .cap = sizeof id, .bytes_max = sizeof id};
	lower(str_of(r->name), &b);
	key_lower(w, http_method_name(r->method));
	json_w_object(w);
	json_w_kstr(w, "operationId", buf_view(&b));
	json_w_kz(w, "summary", r->summary);
	json_w_key(w, "tags");
	json_w_array(w);
	json_w_z(w, r->tag);
	json_w_end(w);
	parameters(w, r);
	if (r->request_schema[0] != '\0') {
		bool any = strcmp(r->types, "*") == 0;
		json_w_key(w, "requestBody");
		json_w_object(w);
		json_w_kbool(w, "required", true);
		content(w, any ? STR("application/json") : str_of(r->types), r->request_schema);
		json_w_end(w);
	}
	responses(w, r);
	security(w, r->role);
	json_w_end(w);
}

/* Operations of one path stand together, under the first of them. */
static void paths(struct json_w *w, const struct api *a)
{
	bool done[API_OP_COUNT] = {false};
	json_w_key(w, "paths");
	json_w_object(w);
	for (size_t i = 0; i < API_OP_COUNT; i++) {
		if (!a->served[i] || done[i])
			continue;
		json_w_key(w, api_routes[i].pattern);
		json_w_object(w);
		for (size_t k = i; k < API_OP_COUNT; k++) {
			if (!a->served[k] ||
			    strcmp(api_routes[k].pattern, api_routes[i].pattern) != 0)
				continue;
			operation(w, &api_routes[k]);
			done[k] = true;
		}
		json_w_end(w);
	}
	json_w_end(w);
}

static void scheme(struct json_w *w, const char *name, const char *http, const char *text)
{
	json_w_key(w, name);
	json_w_object(w);
	json_w_kz(w, "type", http ? "http" : "apiKey");
	if (http != NULL) {
		json_w_kz(w, "scheme", http);
	} else {
		json_w_kz(w, "in", "header");
		json_w_kz(w, "name", "webhook-signature");
	}
	json_w_kz(w, "description", text);
	json_w_end(w);
}

static void components(struct json_w *w)
{
	json_w_key(w, "components");
	json_w_object(w);
	json_w_key(w, "securitySchemes");
	json_w_object(w);
	scheme(w, "writeKeyBasic", "basic", "The write key as user name, an empty password");
	scheme(w, "writeKeyBearer", "bearer", "The write key");
	scheme(w, "adminToken", "bearer", "An admin token");
	scheme(w, "decideKey", "bearer", "A decide key");
	scheme(w, "webhookSignature", NULL, "Standard Webhooks signature");
	json_w_end(w);
	json_w_key(w, "schemas");
	json_w_object(w);
	for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
		json_w_key(w, schemas[i].name);
		json_w_raw(w, str_of(schemas[i].json));
	}
	json_w_end(w);
	json_w_end(w);
}

static void head(struct json_w *w)
{
	json_w_kz(w, "openapi", "3.1.0");
	json_w_key(w, "info");
	json_w_object(w);
	json_w_kz(w, "title", "nurtured");
	json_w_kz(w, "version", NURTURED_VERSION);
	json_w_kz(w, "summary", "Self-hosted lead-nurture engine");
	json_w_key(w, "license");
	json_w_object(w);
	json_w_kz(w, "name", "Apache-2.0");
	json_w_kz(w, "identifier", "Apache-2.0");
	json_w_end(w);
	json_w_end(w);
	json_w_key(w, "servers");
	json_w_array(w);
	json_w_object(w);
	json_w_kz(w, "url", "/");
	json_w_end(w);
	json_w_end(w);
	json_w_key(w, "tags");
	json_w_array(w);
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		json_w_object(w);
		json_w_kz(w, "name", tags[i].name);
		json_w_kz(w, "description", tags[i].description);
		json_w_end(w);
	}
	json_w_end(w);
}

void api_openapi_write(const struct api *a, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	head(&w);
	paths(&w, a);
	components(&w);
	json_w_end(&w);
	ASSERT(buf_ok(out));
}
