/* SPDX-License-Identifier: Apache-2.0
 * yaml.h: a YAML file as a bounded tree that knows where every value stands; inside the room only.
 *
 * libyaml finds the values; this keeps them as text (types are the schema's business, so `no`
 * stays "no" and 08 stays "08"), refuses what makes YAML surprising (aliases, tags, merge keys,
 * keys that stand twice, several documents) and holds depth, count and size to ceilings.
 */
#ifndef PROGRAM_YAML_H
#define PROGRAM_YAML_H

#include "program/problems.h"

#define YAML_DEPTH_MAX 24
#define YAML_NODES_MAX 50000
#define YAML_KEYS_MAX 2000 /* in one map */

enum ynode_kind { YNODE_SCALAR, YNODE_LIST, YNODE_MAP };
enum ynode_style { YNODE_PLAIN, YNODE_SINGLE, YNODE_DOUBLE, YNODE_LITERAL, YNODE_FOLDED };

struct ynode {
	enum ynode_kind kind;
	enum ynode_style style; /* of a scalar */
	bool bad;               /* a problem about it is on the list: nobody reads it further */
	struct place where;     /* a scalar with its quotes; a list or map: its first character */
	struct str text;        /* of a scalar, decoded */
	struct ynode *key;      /* in a map: the key this value stands under; else NULL */
	struct ynode *first, *last, *next;
	size_t count;
};

/* The root, or NULL when nothing can be read. Problems go on the list; a tree may come with some.
 * The source must be valid UTF-8 of at most PROGRAM_BYTES_MAX; both live as long as the arena. */
struct ynode *ytree_parse(struct str source, struct arena *a, struct problems *ps);
/* The value under a key, or NULL; `map` may be NULL or no map. */
struct ynode *ynode_get(const struct ynode *map, const char *key);
/* Where to point when something is missing in it: its key, or its first character. */
struct place ynode_place(const struct ynode *n);
/* Would YAML 1.1 read this plain text as true, false or null? */
bool ynode_is_yaml_word(struct str text);
/* The bytes of the source that a range of a scalar's decoded text came from. */
struct place ynode_range(const struct ynode *scalar, struct str source, size_t from, size_t to);

#endif
