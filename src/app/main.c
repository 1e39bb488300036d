/* SPDX-License-Identifier: Apache-2.0
 * main.c: the whole program is a verb. setlocale is never called: numbers in files and JSON do not
 * depend on where the machine stands. Whatever we write holds people's data, so it is its owner's
 * alone, also in a folder that others may enter. */
#include "cli/cli.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
	(void)umask(077);
	return cli_main(argc, argv);
}
