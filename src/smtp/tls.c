/* SPDX-License-Identifier: Apache-2.0
 * tls.c: OpenSSL on the connection's own descriptor. Partial writes are on: what SSL_write has
 * taken is then in the kernel, record by record, and that is the line between "deferred" and
 * "uncertain". A record that is only half there tells the peer nothing. */
#include "smtp/tls.h"

#include "base/arena.h"
#include "base/assert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct smtp_tls_context {
	SSL_CTX *ctx;
	bool verify;
};

struct smtp_tls {
	SSL *ssl;
	bool up; /* hands were shaken and nothing broke since */
};

static const char *why(char room[160])
{
	unsigned long code = ERR_get_error();
	ERR_error_string_n(code, room, 160);
	ERR_clear_error();
	return code != 0 ? room : "no reason given";
}

enum status smtp_tls_context_create(const char *ca_path, bool verify, struct smtp_tls_context **out,
				    struct err *e)
{
	char room[160];
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	ASSERT(ctx != NULL);
	ASSERT(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	int ok = 1;
	if (verify)
		ok = ca_path != NULL ? SSL_CTX_load_verify_file(ctx, ca_path)
				     : SSL_CTX_set_default_verify_paths(ctx);
	if (ok != 1) {
		SSL_CTX_free(ctx);
		return err_set(e, ST_IO, "cannot read certificates from %s: %s",
			       ca_path != NULL ? ca_path : "the system", why(room));
	}
	struct smtp_tls_context *c = mem_alloc(sizeof *c);
	*c = (struct smtp_tls_context){ctx, verify};
	*out = c;
	return ST_OK;
}

void smtp_tls_context_destroy(struct smtp_tls_context **context)
{
	struct smtp_tls_context *c = *context;
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	mem_free(c);
	*context = NULL;
}

/* An address has no server name indication, and is found in another field of the certificate. */
static bool name_peer(const struct smtp_tls_context *c, SSL *ssl, const char *name)
{
	unsigned char room[sizeof(struct in6_addr)];
	bool address = inet_pton(AF_INET, name, room) == 1 || inet_pton(AF_INET6, name, room) == 1;
	if (!address && SSL_set_tlsext_host_name(ssl, name) != 1)
		return false;
	if (!c->verify)
		return true;
	if (address)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1;
}

enum status smtp_tls_open(struct smtp_tls_context *c, int fd, const char *name,
			  struct smtp_tls **out, struct err *e)
{
	char room[160];
	SSL *ssl = SSL_new(c->ctx);
	ASSERT(ssl != NULL);
	if (SSL_set_fd(ssl, fd) != 1 || !name_peer(c, ssl, name)) {
		SSL_free(ssl);
		return err_set(e, ST_INVALID, "TLS with %s: %s", name, why(room));
	}
	SSL_set_connect_state(ssl);
	struct smtp_tls *t = mem_alloc(sizeof *t);
	*t = (struct smtp_tls){.ssl = ssl};
	*out = t;
	return ST_OK;
}

void smtp_tls_close(struct smtp_tls **tls)
{
	struct smtp_tls *t = *tls;
	if (t == NULL)
		return;
	if (t->up)
		(void)SSL_shutdown(t->ssl); /* one way; the answer is not waited for */
	ERR_clear_error();
	SSL_free(t->ssl);
	mem_free(t);
	*tls = NULL;
}

/* What a call that did not succeed means. The error queue was cleared before. */
static enum smtp_io outcome(struct smtp_tls *t, int rc, const char *doing, struct err *e)
{
	char room[160];
	int saved = errno;
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ: return SMTP_IO_WANT_READ;
	case SSL_ERROR_WANT_WRITE: return SMTP_IO_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN: return SMTP_IO_END;
	case SSL_ERROR_SYSCALL:
		t->up = false;
		(void)err_set(e, ST_IO, "%s: %s", doing,
			      saved != 0 ? strerror(saved) : "the connection was cut");
		return SMTP_IO_ERROR;
	default:
		t->up = false;
		(void)err_set(e, ST_DENIED, "%s: %s", doing, why(room));
		return SMTP_IO_ERROR;
	}
}

enum smtp_io smtp_tls_handshake(struct smtp_tls *t, struct err *e)
{
	ERR_clear_error();
	errno = 0;
	int rc = SSL_do_handshake(t->ssl);
	t->up = rc == 1;
	if (rc == 1)
		return SMTP_IO_DONE;
	enum smtp_io io = outcome(t, rc, "TLS handshake", e);
	long verdict = SSL_get_verify_result(t->ssl);
	if (io == SMTP_IO_ERROR && verdict != X509_V_OK)
		(void)err_set(e, ST_DENIED, "TLS: the server's certificate: %s",
			      X509_verify_cert_error_string(verdict));
	return io;
}

enum smtp_io smtp_tls_read(struct smtp_tls *t, void *p, size_t room, size_t *n_r, struct err *e)
{
	ERR_clear_error();
	errno = 0;
	int rc = SSL_read_ex(t->ssl, p, room, n_r);
	return rc == 1 ? SMTP_IO_DONE : outcome(t, rc, "TLS", e);
}

enum smtp_io smtp_tls_write(struct smtp_tls *t, const void *p, size_t n, size_t *n_r, struct err *e)
{
	ERR_clear_error();
	errno = 0;
	int rc = SSL_write_ex(t->ssl, p, n, n_r);
	return rc == 1 ? SMTP_IO_DONE : outcome(t, rc, "TLS", e);
}
