/* SPDX-License-Identifier: Apache-2.0
 * assert.h: graded assertions, on in production. They are for our own bugs only;
 * outside bytes earn a status.
 *   ASSERT       a broken invariant: stop, before harm is done.
 *   ASSERT_SLOW  the same, too dear for production (debug, tests, simulator).
 *   UNREACHED    control cannot come here.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

_Noreturn void assert_failed(const char *what, const char *file, int line, const char *func);

#define ASSERT(x) \
	(__builtin_expect(!!(x), 1) ? (void)0 : assert_failed(#x, __FILE__, __LINE__, __func__))
#ifdef NURTURED_SLOW_ASSERTS
#define ASSERT_SLOW(x) ASSERT(x)
#else
#define ASSERT_SLOW(x) ((void)sizeof(x))
#endif
#define UNREACHED() assert_failed("unreached", __FILE__, __LINE__, __func__)

#endif
