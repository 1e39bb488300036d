/* SPDX-License-Identifier: Apache-2.0
 * http_tls.c: certificate and key, read once at start and wiped at the end. */
#include "net/http_internal.h"

#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PEM_BYTES_MAX ((size_t)256 << 10)

static enum status read_pem(const char *path, char **out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ST_IO, "cannot open %s: %s", path, strerror(errno));
	char *p = mem_alloc(PEM_BYTES_MAX);
	size_t n = 0;
	ssize_t got = 0;
	while (n < PEM_BYTES_MAX - 1 && (got = read(fd, p + n, PEM_BYTES_MAX - 1 - n)) > 0)
		n += (size_t)got;
	(void)close(fd);
	if (got == 0 && n > 0) {
		*out = p;
		return ST_OK;
	}
	crypto_wipe(p, PEM_BYTES_MAX);
	mem_free(p);
	return err_set(e, ST_IO, "cannot read %s: it is empty, too large or unreadable", path);
}

enum status http_tls_load(struct http_server *s, struct err *e)
{
	if (s->conf.tls_cert_path == NULL)
		return ST_OK;
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return err_set(e, ST_INVALID, "this libmicrohttpd was built without TLS");
	enum status st = read_pem(s->conf.tls_cert_path, &s->tls_cert, e);
	return st == ST_OK ? read_pem(s->conf.tls_key_path, &s->tls_key, e) : st;
}

static void wipe_pem(char *pem)
{
	if (pem != NULL)
		crypto_wipe(pem, PEM_BYTES_MAX);
	mem_free(pem);
}

void http_tls_unload(struct http_server *s)
{
	wipe_pem(s->tls_cert);
	wipe_pem(s->tls_key);
	s->tls_cert = s->tls_key = NULL;
}
