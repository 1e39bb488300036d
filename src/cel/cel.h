/* SPDX-License-Identifier: Apache-2.0
 * cel.h: conditions in the Common Expression Language, checked once, compiled once, evaluated
 * millions of times.
 *
 * A caller declares what an expression may read (struct cel_env), compiles text into a program
 * (cel_compile, on an arena), and evaluates the program over an activation: the values of one
 * lead and one event. Docs for people who write expressions: docs/cel.md.
 *
 *   C1  The same program and activation give the same value: no clock, no dice, no effects.
 *   C2  Evaluation ends: a budget of steps is counted down, CEL_STEPS_MAX unless said otherwise.
 *   C3  Errors are values while evaluating (&& and || absorb them), a status when they surface.
 *   C4  Nothing is allocated unless a string, list or map is built; then on the scratch arena.
 *
 * Memory: a program lives on the arena given to cel_compile and borrows nothing from the source
 * or the environment except types, object types and functions (which the caller keeps alive).
 * Thread: compiling, one at a time per arena; a compiled program is read-only and may be
 * evaluated by many threads at once, each with its own activation and scratch.
 */
#ifndef CEL_CEL_H
#define CEL_CEL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum cel_kind {
	CEL_ERROR,  /* value only: an error on its way up */
	CEL_ABSENT, /* value only: what an activation answers for a field it does not have */
	CEL_NULL,
	CEL_BOOL,
	CEL_INT,
	CEL_UINT,
	CEL_DOUBLE,
	CEL_STRING,
	CEL_BYTES,
	CEL_LIST,
	CEL_MAP,
	CEL_TIMESTAMP,
	CEL_DURATION,
	CEL_TYPE,
	CEL_OPTIONAL,
	CEL_DYN,    /* type only: known at run time */
	CEL_OBJECT, /* type only: a variable with declared fields */
	CEL_PARAM,  /* type only: a type parameter of a function signature */
	CEL_KIND_COUNT
};

/* ---- types ---- */

struct cel_object;
struct cel_type {
	enum cel_kind kind;
	const struct cel_type *key;      /* map */
	const struct cel_type *elem;     /* list, map (its values), optional, type */
	const struct cel_object *object; /* object */
	uint32_t param;                  /* type parameter: its number */
};
extern const struct cel_type cel_dyn, cel_null, cel_bool, cel_int, cel_uint, cel_double, cel_string,
	cel_bytes, cel_timestamp, cel_duration, cel_list_dyn, cel_map_string_dyn;

/* "int", "list(string)", "map(string, dyn)", "timestamp", "optional_type(int)". NULL: none. */
const struct cel_type *cel_type_parse(struct str text, struct arena *a);
void cel_type_text(const struct cel_type *t, struct buf *out);

/* ---- what an expression may read ---- */

struct cel_field {
	struct str name; /* may be dotted ("page.url"): `event.page.url` is then one load */
	const struct cel_type *type;
	uint32_t index;
};
struct cel_object {
	struct str name; /* for messages: "lead" */
	const struct cel_field *fields;
	size_t field_count;
};
/* A variable. Its name may be dotted; an object variable is never a value of its own. */
struct cel_decl {
	struct str name;
	const struct cel_type *type;
	uint32_t slot;
};

struct cel_value;
struct cel_run;
/* A function of the host. It gets values whose kinds match the signature, at most 4 of them. */
typedef struct cel_value cel_fn(struct cel_run *run, const struct cel_value *args, size_t n);
struct cel_func {
	const char *name;
	const char *signature; /* "(string, int) bool"; receiver style: "string.(string) bool" */
	cel_fn *fn;
};

/* For such functions: the error they end with (static text), and their dues. */
struct cel_value cel_fail(const char *why);
/* Counts `steps` off the budget: call it before work that grows with its input. False: used up,
 * return cel_fail_budget(). */
bool cel_charge(struct cel_run *run, uint64_t steps);
struct cel_value cel_fail_budget(void);

struct cel_env {
	const struct cel_decl *decls;
	size_t decl_count;
	const struct cel_func *funcs; /* besides the standard ones */
	size_t func_count;
	struct str container; /* "com.example": names are tried as com.example.x, com.x, x */
};

/* ---- values ---- */

/* 16 bytes, passed and returned in two registers. Strings, lists and maps are borrowed. */
struct cel_value {
	uint8_t kind; /* enum cel_kind */
	uint8_t code; /* CEL_ERROR: enum cel_errcode */
	uint32_t n;   /* bytes of a string; items of a list; entries of a map; nanoseconds */
	union {
		bool b;
		int64_t i; /* int; seconds of a timestamp; nanoseconds of a duration */
		uint64_t u;
		double d;
		const char *p;                /* string, bytes; name of a type */
		const struct cel_value *list; /* n items; optional: n is 0 or 1 */
		const struct cel_map *map;
		const void *detail; /* error: internal */
	};
};

/* A map: either n pairs in memory, or one that lives elsewhere (the properties of an event). */
struct cel_map {
	const struct cel_value *pairs; /* key, value, key, value, ... */
	/* When pairs is NULL. False: no such key. Strings put on scratch live as long as it. */
	bool (*get)(const void *ctx, struct cel_value key, struct arena *scratch,
		    struct cel_value *out_r);
	/* The i-th entry of n, for comprehensions and comparison. */
	void (*at)(const void *ctx, uint32_t i, struct arena *scratch, struct cel_value *key_r,
		   struct cel_value *value_r);
	const void *ctx;
};

static inline struct cel_value cel_of_bool(bool b)
{
	return (struct cel_value){.kind = CEL_BOOL, .b = b};
}
static inline struct cel_value cel_of_int(int64_t i)
{
	return (struct cel_value){.kind = CEL_INT, .i = i};
}
static inline struct cel_value cel_of_uint(uint64_t u)
{
	return (struct cel_value){.kind = CEL_UINT, .u = u};
}
static inline struct cel_value cel_of_double(double d)
{
	return (struct cel_value){.kind = CEL_DOUBLE, .d = d};
}
static inline struct cel_value cel_of_str(struct str s) /* valid UTF-8, below 4 GB */
{
	return (struct cel_value){.kind = CEL_STRING, .n = (uint32_t)s.n, .p = s.p};
}
static inline struct cel_value cel_of_null(void)
{
	return (struct cel_value){.kind = CEL_NULL};
}
static inline struct cel_value cel_of_absent(void)
{
	return (struct cel_value){.kind = CEL_ABSENT};
}
static inline struct cel_value cel_of_list(const struct cel_value *items, size_t n)
{
	return (struct cel_value){.kind = CEL_LIST, .n = (uint32_t)n, .list = items};
}
static inline struct cel_value cel_of_map(const struct cel_map *map, size_t entries)
{
	return (struct cel_value){.kind = CEL_MAP, .n = (uint32_t)entries, .map = map};
}
struct cel_value cel_of_time_us(int64_t at_us);      /* timestamp */
static inline struct str cel_str(struct cel_value v) /* of a string or bytes value */
{
	return (struct str){v.p, v.n};
}
/* CEL equality: numbers of all three types on one line, lists and maps by content. */
bool cel_equal(struct cel_value a, struct cel_value b, struct arena *scratch);
/* As an expression would write it: "pricing_view" in quotes, [1, 2], {"a": 1}. */
void cel_value_text(struct cel_value v, struct buf *out);

/* ---- compiling ---- */

#define CEL_SOURCE_BYTES_MAX 65536u
#define CEL_DEPTH_MAX 250u    /* nesting of parentheses, calls, operators */
#define CEL_NODES_MAX 16384u  /* size of the tree */
#define CEL_LOCALS_MAX 48u    /* variables of nested macros */
#define CEL_LIST_MAX 1000000u /* items a list or map may grow to */
#define CEL_STRING_BYTES_MAX (16u << 20)
#define CEL_REGEXP_BYTES_MAX 1000u
#define CEL_STEPS_MAX 1000000u

struct cel_options {
	const struct cel_type *want; /* type the result must have; NULL: any */
	bool no_macros;              /* has(), all() and so on are functions like any other */
	bool dynamic; /* no type errors at compile time: they surface when evaluated */
};

enum cel_problem_code {
	CEL_PROBLEM_SYNTAX,
	CEL_PROBLEM_UNKNOWN_NAME, /* a variable, field or function nobody declared */
	CEL_PROBLEM_TYPE,
	CEL_PROBLEM_REGEXP,
	CEL_PROBLEM_LIMIT,
	CEL_PROBLEM_UNSUPPORTED
};
struct cel_problem {
	enum cel_problem_code code;
	uint32_t offset, length; /* bytes of the source it is about */
	char text[320];          /* what is wrong and how to fix it, one sentence or two */
	char suggestion[80];     /* "did you mean": a declared name; or empty */
};

#define CEL_PROBLEMS_MAX 8
struct cel_problems {
	size_t n;                                      /* at most CEL_PROBLEMS_MAX */
	struct cel_problem list[CEL_PROBLEMS_MAX + 1]; /* the last one is scratch */
};

struct cel_prog;
/* ST_INVALID or ST_LIMIT fill *ps: every unknown name and every wrong type, from left to right; of
 * what cannot be read at all, the first. */
MUST_USE enum status cel_compile_all(const struct cel_env *env, struct str source,
				     struct cel_options options, struct arena *a,
				     struct cel_prog **out_r, struct cel_problems *ps);
/* The same for who wants the first problem only. */
MUST_USE enum status cel_compile(const struct cel_env *env, struct str source,
				 struct cel_options options, struct arena *a,
				 struct cel_prog **out_r, struct cel_problem *p);
const struct cel_type *cel_prog_type(const struct cel_prog *prog);
struct str cel_prog_source(const struct cel_prog *prog);
/* Every declared variable or field the program reads, once each; `name` as written. */
typedef void cel_field_fn(void *ctx, uint32_t slot, uint32_t field, struct str name);
void cel_fields(const struct cel_prog *prog, cel_field_fn *each, void *ctx);

/* ---- evaluating ---- */

/* Where values come from. slots[slot] is an array of field values (of one value, for a plain
 * variable); where slots is NULL or slots[slot] is NULL, load is asked. Absent: cel_of_absent. */
struct cel_activation {
	const struct cel_value *const *slots;
	size_t slot_count;
	struct cel_value (*load)(void *ctx, uint32_t slot, uint32_t field, struct arena *scratch);
	void *ctx;
	uint64_t steps_max; /* 0: CEL_STEPS_MAX */
};

/* The value, on success only; it may live on scratch. ST_NOT_FOUND: an absent field was read;
 * ST_LIMIT: the budget or scratch is used up; ST_INVALID: any other error. */
MUST_USE enum status cel_eval(const struct cel_prog *prog, const struct cel_activation *act,
			      struct arena *scratch, struct cel_value *out_r, struct err *e);

enum cel_absent {
	CEL_ABSENT_IS_ERROR,
	CEL_ABSENT_IS_FALSE /* a condition over unknown data does not hold; e says which datum */
};
/* For conditions. With CEL_ABSENT_IS_FALSE an absent field that decides the outcome gives ST_OK
 * and false, and e->status is ST_NOT_FOUND with the reason in e->text (else e is cleared). */
MUST_USE enum status cel_eval_bool(const struct cel_prog *prog, const struct cel_activation *act,
				   struct arena *scratch, enum cel_absent absent, bool *out_r,
				   struct err *e);

/* ---- explaining ---- */

#define CEL_READS_MAX 16

enum cel_verdict { CEL_IS_FALSE, CEL_IS_TRUE, CEL_IS_ERROR };
struct cel_read {
	uint32_t slot, field;
	struct str name;        /* "lead.employees" */
	struct cel_value value; /* may be CEL_ABSENT */
};
/* One clause of the top-level && and || (nested ones too, with their depth). */
struct cel_clause {
	uint32_t offset, length; /* its text in the source */
	uint32_t depth;          /* 0: the whole expression; its clauses are 1, theirs 2 ... */
	enum { CEL_CLAUSE_LEAF, CEL_CLAUSE_AND, CEL_CLAUSE_OR, CEL_CLAUSE_NOT } op;
	enum cel_verdict verdict;
	struct str error; /* when CEL_IS_ERROR */
	const struct cel_read *reads;
	size_t read_count; /* of a leaf; at most CEL_READS_MAX */
};
typedef void cel_clause_fn(void *ctx, const struct cel_clause *clause);
/* Walks the clauses in source order, each evaluated on its own: parents before children. */
void cel_explain(const struct cel_prog *prog, const struct cel_activation *act,
		 struct arena *scratch, cel_clause_fn *each, void *ctx);

#endif
