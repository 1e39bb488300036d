/* SPDX-License-Identifier: Apache-2.0
 * fields.c: the three ways a form travels, brought to one list. Multipart is read strictly: a
 * boundary of 1 to 70 characters, every part with a name, nothing in front that is not a part. What
 * two readers could understand differently is refused. Files are refused as a whole: this is a door
 * for leads, not for uploads. */
#include "ingest/fact.h"

#define NAME_MAX_BYTES 200
#define BOUNDARY_MAX 70

static enum status add(struct fields *f, struct str name, struct str value, struct err *e)
{
	if (f->n == INGEST_FORM_FIELDS_MAX)
		return err_set(e, ST_LIMIT, "the form has more than %d fields; send fewer",
			       INGEST_FORM_FIELDS_MAX);
	if (name.p == NULL || value.p == NULL)
		return err_set(e, ST_LIMIT, "no room for the form's fields");
	name = fact_cut(name, NAME_MAX_BYTES);
	if (name.n)
		f->list[f->n++] = (struct field){.name = name, .value = str_trim(value)};
	return ST_OK;
}

static enum status read_urlencoded(struct str body, struct arena *a, struct fields *f,
				   struct err *e)
{
	enum status st = ST_OK;
	while (body.n > 0 && st == ST_OK) {
		struct str value = str_cut(&body, '&');
		if (value.n == 0)
			continue;
		struct str name = str_cut(&value, '=');
		st = add(f, fact_unescape(name, true, a), fact_unescape(value, true, a), e);
	}
	return st;
}

static enum status read_json(struct str body, struct arena *a, struct fields *f, struct err *e)
{
	struct json d;
	enum status st = json_parse(body, JSON_LIMITS_EVENT, a, &d, e);
	for (uint32_t v = st == ST_OK ? json_first(&d, 0) : JSON_NONE;
	     v != JSON_NONE && st == ST_OK; v = json_next(&d, 0, v)) {
		enum json_type type = json_type(&d, v);
		if (type == JSON_ARRAY || type == JSON_OBJECT)
			return err_set(e, ST_INVALID,
				       "a form field holds an object or a list; send plain values");
		if (type != JSON_NULL)
			st = add(f, json_str(&d, json_key(&d, v), a), fact_text(&d, v, a), e);
	}
	return st;
}

/* Value of a parameter of a header: name="x" or name=x; `out` keeps quotes' inside as it is. */
static bool parameter(struct str header, const char *name, struct str *out)
{
	struct str want = str_of(name);
	for (size_t i = 0; i + want.n < header.n; i++) {
		bool begins = i > 0 && strchr("; \t", header.p[i - 1]) != NULL;
		if (!begins || header.p[i + want.n] != '=' ||
		    !str_eq_nocase(str_n(header.p + i, want.n), want))
			continue;
		struct str v = str_slice(header, i + want.n + 1, header.n);
		if (v.n && v.p[0] == '"') {
			v = str_slice(v, 1, v.n);
			*out = str_slice(v, 0, str_find_byte(v, '"'));
			return out->n < v.n;
		}
		*out = str_trim(str_slice(v, 0, str_find_byte(v, ';')));
		return true;
	}
	return false;
}

/* The headers of one part. *file: it is an upload with something in it. */
static bool part_name(struct str headers, struct str *name, bool *file)
{
	bool found = false;
	*file = false;
	while (headers.n > 0) {
		struct str filename, line = str_trim(str_cut(&headers, '\n'));
		struct str key = str_slice(line, 0, str_find_byte(line, ':'));
		if (!str_eq_nocase(str_trim(key), STR("content-disposition")))
			continue;
		if (found || !parameter(line, "name", name))
			return false;
		found = true;
		*file = parameter(line, "filename", &filename) && filename.n > 0;
		*file = *file || parameter(line, "filename*", &filename);
	}
	return found;
}

static enum status broken(struct err *e, const char *what)
{
	return err_set(e, ST_INVALID, "multipart form: %s", what);
}

/* At the bytes behind a delimiter. Reads one part up to the next delimiter. */
static enum status read_part(struct str *rest, struct str delimiter, struct arena *a,
			     struct fields *f, struct err *e)
{
	struct str name;
	bool file;
	size_t head = str_find(*rest, STR("\r\n\r\n"));
	if (head == rest->n)
		return broken(e, "a part has no end of its headers");
	struct str content = str_slice(*rest, head + 4, rest->n);
	size_t end = str_find(content, delimiter);
	if (end == content.n)
		return broken(e, "its end is missing; the body was cut");
	if (!part_name(str_slice(*rest, 0, head), &name, &file))
		return broken(e, "a part has no name");
	if (file)
		return broken(e, "files are not taken; send the form without them");
	*rest = str_slice(content, end + delimiter.n, content.n);
	return add(f, fact_scrub(name, a), fact_scrub(str_slice(content, 0, end), a), e);
}

static enum status read_multipart(struct str content_type, struct str body, struct arena *a,
				  struct fields *f, struct err *e)
{
	struct str boundary;
	if (!parameter(content_type, "boundary", &boundary) || boundary.n == 0 ||
	    boundary.n > BOUNDARY_MAX)
		return broken(e, "the content type names no boundary of 1 to 70 characters");
	struct str delimiter = arena_printf(a, "\r\n--" STR_FMT, STR_ARG(boundary));
	if (delimiter.p == NULL)
		return err_set(e, ST_LIMIT, "no room for the form");
	struct str first = str_slice(delimiter, 2, delimiter.n);
	if (!str_starts(body, first))
		return broken(e, "the body does not begin with its boundary");
	struct str rest = str_slice(body, first.n, body.n);
	while (!str_starts(rest, STR("--"))) {
		if (!str_starts(rest, STR("\r\n")))
			return broken(e, "a boundary line has bytes behind it");
		rest = str_slice(rest, 2, rest.n);
		enum status st = read_part(&rest, delimiter, a, f, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status fields_read(struct str content_type, struct str body, struct arena *a,
			struct fields *out, struct err *e)
{
	struct fields f = {ARENA_ARRAY(a, struct field, INGEST_FORM_FIELDS_MAX), 0};
	struct str media = str_slice(content_type, 0, str_find_byte(content_type, ';'));
	enum status st;
	if (f.list == NULL)
		return err_set(e, ST_LIMIT, "no room for the form's fields");
	if (str_eq_nocase(str_trim(media), STR("multipart/form-data")))
		st = read_multipart(content_type, body, a, &f, e);
	else if (str_starts(str_trim(body), STR("{")))
		st = read_json(body, a, &f, e);
	else
		st = read_urlencoded(str_trim(body), a, &f, e);
	if (st == ST_OK && f.n == 0)
		return err_set(e, ST_INVALID, "the form is empty; send at least one field");
	if (st == ST_OK)
		*out = f;
	return st;
}
