/* SPDX-License-Identifier: Apache-2.0
 * beside.c: see beside.h. Options become the document that HTTP takes, and one reader judges both.
 */
#include "cli/beside.h"

#include "cli/order.h"
#include "view/view_experiment.h"

#define TERMS_BYTES 1024

/* "10" and "10%"; false: neither. */
static bool percent_of(struct str text, double *out)
{
	if (str_ends(text, STR("%")))
		text.n--;
	return str_to_f64(text, out);
}

static bool put_percent(struct json_w *w, const char *key, struct str text, double unit)
{
	double x;
	if (!percent_of(text, &x))
		return false;
	json_w_kf64(w, key, x * unit);
	return true;
}

static void put_text(struct cli *c, struct json_w *w, const char *key)
{
	if (cli_value(c, key) != NULL)
		json_w_kz(w, key, cli_value(c, key));
}

/* The option that cannot be read; NULL: all can. */
static const char *put_rule(struct cli *c, struct json_w *w)
{
	const char *least = cli_value(c, "least"), *guard = cli_value(c, "guard");
	struct str rest = str_of(guard), metric = guard ? str_cut(&rest, ':') : STR_NULL;
	double n;
	json_w_key(w, "rule");
	json_w_object(w);
	put_text(c, w, "then");
	put_text(c, w, "within");
	if (least != NULL && !str_to_f64(str_of(least), &n))
		return "least";
	if (least != NULL)
		json_w_kf64(w, "least", n);
	if (guard != NULL) {
		json_w_kstr(w, "guard", metric);
		if (!put_percent(w, "guard_most", rest, 0.01))
			return "guard";
	}
	json_w_end(w);
	return NULL;
}

static const char *put_terms(struct cli *c, struct json_w *w)
{
	const char *lift = cli_value(c, "min-lift"), *share = cli_value(c, "share");
	if (!put_percent(w, "share", str_of(share), 1))
		return "share";
	if (lift != NULL && !put_percent(w, "min_lift", str_of(lift), 0.01))
		return "min-lift";
	put_text(c, w, "metric");
	return cli_value(c, "then") != NULL ? put_rule(c, w) : NULL;
}

static bool any_of(struct cli *c, const char *const *names)
{
	for (; *names != NULL; names++)
		if (cli_value(c, *names) != NULL)
			return true;
	return false;
}

int beside_terms(struct cli *c, struct program_beside *out, bool *given_r)
{
	static const char *const others[] = {"metric", "min-lift", "then", NULL};
	static const char *const of_rule[] = {"least", "guard", "within", NULL};
	struct buf text;
	struct json_w w;
	struct json d;
	*given_r = cli_value(c, "share") != NULL;
	if (!*given_r && (any_of(c, others) || any_of(c, of_rule)))
		return cli_usage(c, "this goes with --share: for how many of the leads?");
	if (!*given_r)
		return -1;
	if (cli_value(c, "then") == NULL && any_of(c, of_rule))
		return cli_usage(c, "--least, --guard and --within go with --then");
	buf_init_arena(&text, &c->arena, TERMS_BYTES);
	json_w_init(&w, &text);
	json_w_object(&w);
	const char *wrong = put_terms(c, &w);
	if (wrong != NULL)
		return cli_usage(c, "--%s cannot be read: %s", wrong, cli_value(c, wrong));
	json_w_end(&w);
	if (json_parse(buf_view(&text), JSON_LIMITS_EVENT, &c->arena, &d, &c->err) != ST_OK ||
	    program_beside_read(&d, 0, &c->arena, out, &c->err) != ST_OK)
		return cli_usage(c, "%s", c->err.text);
	return -1;
}

static int end_at(struct cli *c, struct door *d, bool promote)
{
	struct view_beside x;
	struct view_order o;
	struct view v = door_view(c, d);
	if (view_order_beside(&v, promote, &o, &c->err) != ST_OK ||
	    view_beside(&v, &x, &c->err) != ST_OK)
		return cli_fail(c, NULL);
	cli_talk(c, "version %llu, for %u %% of leads beside version %llu: " STR_FMT "\n",
		 (unsigned long long)x.version, x.percent, (unsigned long long)x.base,
		 STR_ARG(x.verdict));
	if (promote && !c->dry_run && !cli_confirm(c, "Promote it?")) {
		cli_talk(c, "nothing was changed; say --yes to promote\n");
		return CLI_CONFIRM;
	}
	return order_send(c, d, &o,
			  promote ? "it is in force for everybody from now on"
				  : "new steps are those of the version in force again");
}

int beside_end(struct cli *c, bool promote)
{
	struct door d;
	if (door_open(c, DOOR_WRITE, &d, &c->err) != ST_OK)
		return cli_fail_open(c);
	int rc = end_at(c, &d, promote);
	door_close(&d);
	return rc;
}
