/* SPDX-License-Identifier: Apache-2.0
 * test_http_tls.c: HTTPS end to end with a certificate made on the spot: the client believes only
 * its own authority, and the server speaks nothing older than TLS 1.2. */
#include "net/http_client.h"
#include "net/http_server.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[64], cert[96], key[96], url[64];
	struct http_server *server;
};

static enum http_verdict admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	(void)reply;
	req->body_bytes_max = 100;
	return HTTP_GO_ON;
}

static enum http_verdict handle(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	reply->status = 200;
	reply->content_type = "text/plain";
	reply->body = arena_str(req->arena, req->body);
	http_reply_later(req, reply);
	return HTTP_LATER;
}

static void write_pems(const struct fixture *f, X509 *cert, EVP_PKEY *key)
{
	FILE *out = fopen(f->cert, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, cert), 1);
	assert_int_equal(fclose(out), 0);
	out = fopen(f->key, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(out), 0);
}

/* Self-signed, for 127.0.0.1, good for an hour. */
static void make_certificate(const struct fixture *f)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	assert_non_null(key);
	assert_non_null(cert);
	assert_int_equal(X509_set_version(cert, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -60));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	X509_NAME *name = X509_get_subject_name(cert);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						    (const unsigned char *)"test", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_issuer_name(cert, name), 1);
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	assert_non_null(san);
	assert_int_equal(X509_add_ext(cert, san, -1), 1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	write_pems(f, cert, key);
	X509_EXTENSION_free(san);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void start(struct fixture *f)
{
	static const struct http_handler handler = {.admit = admit, .handle = handle};
	struct http_server_conf conf = HTTP_SERVER_CONF_DEFAULT;
	struct err e;
	*f = (struct fixture){.dir = "/tmp/nurtured-tls-XXXXXX"};
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->cert, sizeof f->cert, "%s/cert.pem", f->dir);
	(void)snprintf(f->key, sizeof f->key, "%s/key.pem", f->dir);
	make_certificate(f);
	conf.port = 0;
	conf.tls_cert_path = f->cert;
	conf.tls_key_path = f->key;
	if (http_server_create(&conf, &handler, NULL, &f->server, &e) != ST_OK)
		fail_msg("%s", e.text);
	(void)snprintf(f->url, sizeof f->url, "https://127.0.0.1:%u", http_server_port(f->server));
}

static void finish(struct fixture *f)
{
	http_server_destroy(&f->server);
	assert_int_equal(unlink(f->cert), 0);
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(rmdir(f->dir), 0);
}

static enum status post(const struct fixture *f, const char *ca_path, int *status_r)
{
	struct http_client_conf conf = HTTP_CLIENT_CONF_DEFAULT;
	struct http_client *c;
	struct http_answer got = {0};
	struct arena a;
	struct err e;
	conf.base_url = f->url;
	conf.ca_path = ca_path;
	arena_init(&a, 1 << 20);
	assert_int_equal(http_client_create(&conf, &c, &e), ST_OK);
	enum status st = http_client_post(c, "/", STR("hello"), &a, &got, &e);
	if (st == ST_OK)
		assert_true(str_eq(got.body, STR("hello")));
	*status_r = got.status;
	http_client_destroy(&c);
	arena_finish(&a);
	return st;
}

static void test_https(void **state)
{
	(void)state;
	struct fixture f;
	int status;
	start(&f);
	assert_int_equal(post(&f, f.cert, &status), ST_OK);
	assert_int_equal(status, 200);
	assert_int_equal(post(&f, NULL, &status), ST_DENIED); /* no authority we know signed it */
	finish(&f);
}

/* True when a handshake limited to `version` succeeds. */
static bool speaks(const struct fixture *f, int version)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(http_server_port(f->server))};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(ctx, 0); /* else it is the client that refuses */
	assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
	SSL *ssl = SSL_new(ctx);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	bool ok = SSL_connect(ssl) == 1;
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	return ok;
}

static void test_versions(void **state)
{
	(void)state;
	struct fixture f;
	start(&f);
	assert_true(speaks(&f, TLS1_3_VERSION));
	assert_true(speaks(&f, TLS1_2_VERSION));
	assert_false(speaks(&f, TLS1_1_VERSION));
	assert_false(speaks(&f, TLS1_VERSION));
	finish(&f);
}

/* Plain HTTP on the HTTPS port gets nowhere, and does no harm. */
static void test_plain_on_tls(void **state)
{
	(void)state;
	struct fixture f;
	int status;
	start(&f);
	(void)snprintf(f.url, sizeof f.url, "http://127.0.0.1:%u", http_server_port(f.server));
	assert_true(post(&f, NULL, &status) != ST_OK);
	(void)snprintf(f.url, sizeof f.url, "https://127.0.0.1:%u", http_server_port(f.server));
	assert_int_equal(post(&f, f.cert, &status), ST_OK);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_https),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_plain_on_tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
