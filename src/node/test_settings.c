/* SPDX-License-Identifier: Apache-2.0
 * test_settings.c: what a settings file may say, what it is told when it is wrong, and keys of
 * links that are made once. */
#include "node/settings.h"

#include "base/test.h"

#include "base/file.h"
#include "base/sign.h"
#include "inbound/imap.h"
#include "smtp/smtp.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/nurtured-settings-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
	static const char *const names[] = {"settings.json", "links.json", "secret"};
	char path[NODE_PATH_MAX];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(node_path(folder, names[i], path));
	return rmdir(folder);
}

static void put(const char *name, const char *text)
{
	char path[NODE_PATH_MAX];
	assert_int_equal(file_write_atomic(node_path(folder, name, path), str_of(text), 0600, NULL),
			 ST_OK);
}

#define RELAY "\"smtp\":[{\"host\":\"h\"}]"

static const struct {
	const char *text, *want; /* want NULL: fine */
} rows[] = {
	{"{}", NULL},
	{"{\"mode\":\"test\"}", NULL},
	{"{\"mode\":\"live\"," RELAY "}", NULL},
	{"[]", "settings.json: an object is wanted: {...}"},
	{"{\"mode\":\"live\"}", "settings.json: mode: \"live\" needs a server to send "
				"through; add \"smtp\": [{\"host\": ...}]"},
	{"{\"mode\":\"life\"}", "settings.json: mode: one of \"test\", \"live\" is wanted"},
	{"{\"mode\":1}", "settings.json: mode: one of \"test\", \"live\" is wanted"},
	{"{\"mod\":\"live\"}", "settings.json: mod: there is no such key; is it mode?"},
	{"{\"zzzzzzzzz\":1}",
	 "settings.json: zzzzzzzzz: there is no such key; there are: mode, public_url, "
	 "smtp, dkim, return_path, list_id, pace, mailbox, maps, handoff_webhook"},
	{"{\"smtp\":{}}", "settings.json: smtp: a list of at most 16 is wanted: [{...}]"},
	{"{\"smtp\":[1]}", "settings.json: smtp[0]: an object is wanted: {...}"},
	{"{\"smtp\":[{}]}", "settings.json: smtp[0].host: is missing"},
	{"{\"smtp\":[{\"host\":\"h\"},{\"host\":\"h\",\"port\":70000}]}",
	 "settings.json: smtp[1].port: a whole number from 1 to 65535 is wanted"},
	{"{\"smtp\":[{\"host\":\"h\",\"port\":\"25\"}]}",
	 "settings.json: smtp[0].port: a whole number from 1 to 65535 is wanted"},
	{"{\"smtp\":[{\"host\":\"\"}]}",
	 "settings.json: smtp[0].host: a text in quotes is wanted, not empty"},
	{"{\"smtp\":[{\"host\":\"h\\n\"}]}",
	 "settings.json: smtp[0].host: a text in quotes is wanted, not empty"},
	{"{\"smtp\":[{\"host\":\"h\",\"password\":\"x\"}]}",
	 "settings.json: smtp[0].password: secrets do not belong in this file; name a "
	 "file with password_file or a variable with password_env"},
	{"{\"smtp\":[{\"host\":\"h\",\"user\":\"u\"}]}",
	 "settings.json: smtp[0]: user goes with password_file or password_env, and the "
	 "other way round"},
	{"{\"smtp\":[{\"host\":\"h\",\"password_env\":\"P\"}]}",
	 "settings.json: smtp[0]: user goes with password_file or password_env, and the "
	 "other way round"},
	{"{\"smtp\":[{\"host\":\"h\",\"user\":\"u\",\"password_env\":\"P\","
	 "\"password_file\":\"f\"}]}",
	 "settings.json: smtp[0]: give a file or a variable, not both"},
	{"{\"smtp\":[{\"host\":\"h\",\"security\":\"ssl\"}]}",
	 "settings.json: smtp[0].security: one of \"none\", \"starttls_if_offered\", "
	 "\"starttls\", \"tls\" is wanted"},
	{"{\"return_path\":{\"prefix\":\"a b\"}}",
	 "settings.json: return_path.prefix: a name like mail.example.com is wanted"},
	{"{\"public_url\":\"ftp://x\"}",
	 "settings.json: public_url: an address like https://news.example.com is wanted, "
	 "without ? and #"},
	{"{\"public_url\":\"https://x/?a\"}",
	 "settings.json: public_url: an address like https://news.example.com is wanted, "
	 "without ? and #"},
	{"{\"dkim\":[{\"domain\":\"d.example\",\"selector\":\"s\"}]}",
	 "settings.json: dkim[0].key_file: is missing"},
	{"{\"dkim\":[{\"domain\":\"d..example\"}]}",
	 "settings.json: dkim[0].domain: a name like mail.example.com is wanted"},
	{"{\"pace\":{\"gogle\":{}}}",
	 "settings.json: pace.gogle: there is no such key; is it google?"},
	{"{\"pace\":{\"google\":{\"burst\":-1}}}",
	 "settings.json: pace.google.burst: a whole number from 0 to 100000 is wanted"},
	{"{\"pace\":{\"warm_up\":[1,2.5]}}",
	 "settings.json: pace.warm_up: a whole number from 0 to 100000000 is wanted"},
	{"{\"pace\":{\"warm_up\":7}}", "settings.json: pace.warm_up: a list of at most 60 "
				       "numbers is wanted: mails on day 1, 2, ..."},
	{"{\"mailbox\":{\"host\":\"h\",\"user\":\"u\"}}",
	 "settings.json: mailbox: password_file or password_env is missing"},
	{"{\"handoff_webhook\":{\"url\":\"https://x/\",\"secret\":\"s\"}}",
	 "settings.json: handoff_webhook.secret: secrets do not belong in this file; name "
	 "a file with secret_file or a variable with secret_env"},
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct settings s;
		struct err e = {.status = ST_OK};
		arena_init(&a, 1u << 20);
		enum status st = settings_parse(str_of(rows[i].text), &a, &s, &e);
		assert_int_equal(settings_parse(str_of(rows[i].text), &a, &s, NULL), st);
		if (rows[i].want == NULL)
			CHECK_ROW(rows[i].text, st == ST_OK);
		else
			check_str(rows[i].text, str_of(e.text), rows[i].want);
		arena_finish(&a);
	}
}

static void reads_every_key(void **state)
{
	struct arena a;
	struct str text;
	struct settings s;
	(void)state;
	arena_init(&a, 1u << 20);
	assert_int_equal(file_read("tests/corpus/settings/full.json", 1u << 16, &a, &text, NULL),
			 ST_OK);
	assert_int_equal(settings_parse(text, &a, &s, NULL), ST_OK);
	assert_int_equal(s.mode, SETTINGS_LIVE);
	assert_string_equal(s.public_url, "https://go.larkspur.example");
	assert_int_equal(s.smtp_n, 1);
	assert_string_equal(s.smtp[0].host, "mail.larkspur.example");
	assert_int_equal(s.smtp[0].security, SMTP_SECURITY_STARTTLS);
	assert_string_equal(s.smtp[0].password.env, "MAIL_PASSWORD");
	assert_null(s.smtp[0].password.file);
	assert_int_equal(s.smtp[0].connections, 20);
	assert_string_equal(s.smtp[0].helo, "out.larkspur.example");
	assert_int_equal(s.dkim_n, 1);
	assert_int_equal(s.dkim[0].algorithm, SIGN_RSA);
	assert_string_equal(s.return_prefix, "b");
	assert_string_equal(s.return_domain, "bounce.larkspur.example");
	assert_string_equal(s.list_id, "news.larkspur.example");
	assert_int_equal(s.pace[SMTP_PROVIDER_GOOGLE].per_minute, 600);
	assert_int_equal(s.pace[SMTP_PROVIDER_APPLE].per_minute, 60);
	assert_int_equal(s.pace_sender.per_minute, 0);
	assert_int_equal(s.warm_up_n, 2);
	assert_int_equal(s.warm_up[1], 100);
	assert_int_equal(s.mailbox.port, 993);
	assert_int_equal(s.mailbox.security, INBOUND_IMAP_TLS);
	assert_string_equal(s.mailbox.folder, "INBOX");
	assert_string_equal(s.webhook_url, "https://crm.larkspur.example/hook");
	assert_string_equal(s.webhook_secret.env, "HOOK");
	assert_int_equal(s.maps_n, 1);
	assert_string_equal(s.maps[0].name, "shop");
	assert_string_equal(s.maps[0].map, "id=message_id, who=email");
	assert_string_equal(s.maps[0].type, "order");
	assert_string_equal(s.maps[0].purpose, "news");
	arena_finish(&a);
}

static void no_file_is_test_mode(void **state)
{
	struct arena a;
	struct settings s;
	struct err e;
	char want[256];
	(void)state;
	arena_init(&a, 1u << 20);
	assert_int_equal(settings_load(folder, &a, &s, &e), ST_OK);
	assert_int_equal(s.mode, SETTINGS_TEST);
	assert_null(s.public_url);
	assert_string_equal(s.return_prefix, "bounce");
	assert_int_equal(s.warm_up_n, 0);
	put("settings.json", "{\"mode\":0}");
	assert_int_equal(settings_load(folder, &a, &s, &e), ST_INVALID);
	(void)snprintf(want, sizeof want,
		       "%s/settings.json: mode: one of \"test\", \"live\" is wanted", folder);
	assert_string_equal(e.text, want);
	arena_finish(&a);
}

static void secrets_are_read_when_needed(void **state)
{
	struct arena a;
	struct str got;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	put("secret", "  s3cret\n");
	struct settings_secret file = {.file = "secret"}, env = {.env = "NURTURED_TEST_SECRET"};
	struct settings_secret gone = {.file = "nothing"}, none = {.file = NULL};
	assert_int_equal(settings_secret(folder, &file, "smtp[0].password", &a, &got, &e), ST_OK);
	check_str("file", got, "s3cret");
	(void)unsetenv("NURTURED_TEST_SECRET");
	assert_int_equal(settings_secret(folder, &env, "k", &a, &got, &e), ST_NOT_FOUND);
	assert_string_equal(e.text, "k_env: the variable NURTURED_TEST_SECRET is not set");
	(void)setenv("NURTURED_TEST_SECRET", "other", 1);
	assert_int_equal(settings_secret(folder, &env, "k", &a, &got, &e), ST_OK);
	check_str("env", got, "other");
	assert_int_equal(settings_secret(folder, &gone, "k", &a, &got, &e), ST_NOT_FOUND);
	assert_int_equal(settings_secret(folder, &none, "k", &a, &got, &e), ST_OK);
	assert_int_equal(got.n, 0);
	arena_finish(&a);
}

static void keys_of_links_are_made_once(void **state)
{
	char path[NODE_PATH_MAX];
	struct link_keys first, second;
	struct stat sb;
	struct err e;
	(void)state;
	assert_int_equal(node_link_keys(folder, &first, &e), ST_OK);
	assert_int_equal(stat(node_path(folder, "links.json", path), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(node_link_keys(folder, &second, &e), ST_OK);
	assert_int_equal(second.n, 1);
	assert_memory_equal(first.keys[0].secret, second.keys[0].secret, LINK_SECRET_BYTES);
	put("links.json", "{\"schema\":\"nurtured.links/1\",\"keys\":[{\"id\":1}]}");
	assert_int_equal(node_link_keys(folder, &second, &e), ST_CORRUPT);
	put("links.json", "");
	assert_int_equal(node_link_keys(folder, &second, &e), ST_CORRUPT);
}

struct reference {
	struct str text;
	struct arena *a;
};

static void in_reference(void *ctx, const char *key)
{
	struct reference *r = ctx;
	struct str row = arena_printf(r->a, "| `%s` |", key);
	if (str_find(r->text, row) == r->text.n)
		fail_msg("docs/settings.md has no row for %s", key);
}

static void the_reference_knows_every_key(void **state)
{
	struct arena a;
	struct reference r = {.a = &a};
	(void)state;
	arena_init(&a, 1u << 20);
	assert_int_equal(file_read("docs/settings.md", 1u << 18, &a, &r.text, NULL), ST_OK);
	settings_each_key(in_reference, &r);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test_setup_teardown(no_file_is_test_mode, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(secrets_are_read_when_needed, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(keys_of_links_are_made_once, make_folder,
						drop_folder),
		cmocka_unit_test(the_reference_knows_every_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
