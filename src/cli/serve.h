/* SPDX-License-Identifier: Apache-2.0
 * serve.h: the daemon in the foreground, for the verbs that end in it.
 */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/cli.h"
#include "daemon/daemon.h"

/* The daemon answers; what the verb says then. Anything but CLI_OK stops it again. */
typedef int serve_ready(struct cli *c, struct daemon *d);

#define SERVE_PORT 7070
#define SERVE_URL "http://127.0.0.1:7070" /* where serve answers when nothing is said */

struct daemon_conf serve_conf(const struct cli *c); /* for the folder of c->data */
/* ADDRESS:PORT or PORT; NULL, or what is wrong with it. */
const char *serve_listen(struct cli *c, struct http_server_conf *http, struct str where);
/* Runs until SIGTERM or SIGINT. Returns the exit code. */
int serve_run(struct cli *c, const struct daemon_conf *conf, serve_ready *ready);

#endif
