/* SPDX-License-Identifier: Apache-2.0
 * test_mail.h: a mail that every test of this room starts from. Only tests include it.
 */
#ifndef MIME_TEST_MAIL_H
#define MIME_TEST_MAIL_H

#include "mime/mime.h"

static const struct mime_addr test_to[] = {
	{{"Ana Lima", 8}, {"ana@firm.example", 16}},
};

static inline struct mime_mail test_mail(void)
{
	return (struct mime_mail){
		.from = {STR("Larkspur"), STR("hello@mail.larkspur.example")},
		.to = test_to,
		.to_n = 1,
		.subject = STR("Three ways to shorten the month"),
		.date_us = INT64_C(1795269900000000), /* 2026-11-21T14:05:00Z */
		.zone_us = INT64_C(3600000000),
		.message_id = STR("tok1@mail.larkspur.example"),
		.text = STR("Hello Ana,\n\nread this.\n"),
		.dice = 0x0123456789abcdef,
	};
}

#endif
