/* SPDX-License-Identifier: Apache-2.0
 * func_encode.c: base64.encode() and base64.decode(). */
#include "cel/value.h"

#include "base/crypto.h"

static struct cel_value finished(struct buf *b, uint8_t kind)
{
	if (!buf_ok(b))
		return cel_fail_budget();
	return (struct cel_value){.kind = kind, .n = (uint32_t)b->n, .p = b->n ? b->p : ""};
}

static struct cel_value encode(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct buf b;
	(void)n;
	if (!cel_charge(r, 1 + v[0].n / 16))
		return cel_fail_budget();
	buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
	base64_encode(cel_str(v[0]), &b);
	return finished(&b, CEL_STRING);
}

static struct cel_value decode(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct buf b;
	(void)n;
	if (!cel_charge(r, 1 + v[0].n / 16))
		return cel_fail_budget();
	buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
	if (!base64_decode(cel_str(v[0]), &b))
		return cel_fail("this string is no base64");
	return finished(&b, CEL_BYTES);
}

const struct cel_func func_encode[] = {
	{"base64.encode", "(bytes) string", encode},
	{"base64.decode", "(string) bytes", decode},
	{NULL, NULL, NULL},
};
