/* SPDX-License-Identifier: Apache-2.0
 * track.h: the second part of a compiled program: what we say to whom, when, and when not.
 *
 * A track is a way for one kind of lead at one stage: steps in order, each a message with angles
 * to choose from, a time to watch for a reaction, and what each reaction leads to. Triggers look
 * across tracks; guardrails bound everything; teams take over where a person must.
 *
 * All of it is plain data in the program's arena. Names of tracks and teams are resolved to
 * indexes, so that running never looks a name up.
 *
 *   R4  Every index (track, team, step) points inside its array; NO_INDEX says "none".
 *   R5  A loop of moves and repeats always passes a wait of at least one hour.
 *   R6  0 < gap_min_us <= gap_max_us.
 */
#ifndef PROGRAM_TRACK_H
#define PROGRAM_TRACK_H

#include "model/tier.h"
#include "program/decision.h"
#include "program/program.h"
#include "program/team.h"

#define PROGRAM_TRACKS_MAX 64
#define PROGRAM_STEPS_MAX 64 /* per track */
#define PROGRAM_ANGLES_MAX 16
#define PROGRAM_TRIGGERS_MAX 64
#define PROGRAM_HOLIDAYS_MAX 512
#define PROGRAM_ARMS_MAX 8
#define PROGRAM_EXPERIMENTS_MAX 32

#define NO_INDEX SIZE_MAX

/* What a lead did with a message, or that it did nothing while we watched. The strongest wins:
 * replied > clicked > opened > silent. `silent_x2`: silent, and the message before it was too. */
enum react_kind {
	REACT_REPLIED,
	REACT_CLICKED,
	REACT_OPENED, /* a person opened, nobody clicked; machine opens do not count */
	REACT_SILENT,
	REACT_SILENT_X2,
	REACT_COUNT
};

enum action_kind {
	ACTION_NONE,     /* nothing said: the default of the place it stands in */
	ACTION_NEXT,     /* go on to the next step */
	ACTION_MOVE,     /* to another track, at its first step */
	ACTION_AGAIN,    /* the same step once more, said differently (`with`) */
	ACTION_HANDOFF,  /* a person takes over; automated sends stop */
	ACTION_EXIT,     /* leave the track; free for another one */
	ACTION_PAUSE,    /* say nothing for `for_us`, then go on */
	ACTION_SUPPRESS, /* never again on this channel */
};
enum again_with { AGAIN_SAME, AGAIN_NEW_ANGLE, AGAIN_NEW_SUBJECT };

struct program_action {
	enum action_kind kind;
	size_t track;         /* MOVE */
	enum again_with with; /* AGAIN */
	size_t team;          /* HANDOFF */
	int64_t within_us;    /* HANDOFF: to be accepted within; 0: the team's */
	int64_t for_us;       /* PAUSE */
	struct str reason;    /* EXIT, SUPPRESS, HANDOFF: for people; may be empty */
	/* AGAIN: what follows when there is nothing new left to say, or it is silent again.
	 * Others: done as well, after it. NULL: nothing. At most 4 deep. */
	const struct program_action *then;
	int line, col;
};

/* What happens to a touch that a guard holds back. Never silently: the decision names the guard. */
enum capped_choice {
	CAPPED_DEFER, /* wait until it may go */
	CAPPED_SKIP,  /* go on to the next step without it */
	CAPPED_SUBSTITUTE
};

struct program_angle {
	struct str name; /* content/<message>/<angle>[.<persona>].md */
};

/* One message of a track. */
struct program_step {
	struct str name;    /* unique in its track; the message's name unless given */
	struct str message; /* the content's folder */
	size_t channel;     /* index into consent.channels */
	size_t purpose;     /* index into consent.purposes */
	const struct program_angle *angles; /* at least one; the first is the fallback */
	size_t angles_n;
	struct program_cond if_; /* not holding: the step is passed over, and said so */
	int64_t gap_min_us,
		gap_max_us; /* since the touch before it; 0 in the first step: at once */
	int64_t wait_us;    /* how long to watch for a reaction */
	struct program_action react[REACT_COUNT];
	unsigned again_max; /* how often AGAIN may repeat this step; default 2 */
	enum capped_choice capped;
	size_t substitute_channel; /* CAPPED_SUBSTITUTE: the same message there; else NO_INDEX */
	struct str substitute;     /* or another message; may be empty */
	uint64_t hash; /* of all that a lead inside it depends on: what `plan` compares */
	int line, col;
};

/* Cadence by tier: so many touches in so long; tightens or loosens the track's gaps. */
struct program_pace {
	unsigned touches; /* 0: no preset for this tier */
	int64_t within_us;
};

enum reentry { REENTRY_NEVER, REENTRY_AFTER, REENTRY_ALWAYS };

struct program_track {
	struct str name, stage;    /* stage: free word, "early", "mid", "late", "cold", ... */
	struct program_cond enter; /* absent: only by a move or a trigger */
	const size_t *personas;    /* indexes; empty: everybody */
	size_t personas_n;
	const struct program_step *steps;
	size_t steps_n;
	int64_t gap_min_us, gap_max_us; /* cadence: 7d..10d */
	struct program_pace pace[TIER_COUNT];
	/* The four ways out. */
	struct str goal;                 /* an event that ends it well; the program's when empty */
	struct program_cond exit;        /* holds: leave */
	unsigned touches_max;            /* 0: as many as there are */
	int64_t age_max_us;              /* 0: no limit */
	struct program_action exhausted; /* after the last step; default: exit "exhausted" */
	enum reentry reentry;
	int64_t reentry_after_us;
	/* What a learner may choose, kept for it: bits of enum decide_what. */
	unsigned decide_what;
	int line, col;
};

enum decide_what {
	DECIDE_ANGLE = 1,
	DECIDE_SEND_TIME = 2,
	DECIDE_GAP = 4,
	DECIDE_CHANNEL = 8,
	DECIDE_NOTHING = 16,
};

/* Looked at on every event and alarm, top to bottom; the first that fires wins. It fires when
 * `when` begins to hold, and has held for `for_us`; it may fire again only after it stopped. */
struct program_trigger {
	struct str name;
	uint32_t key; /* program_key32("trigger", name): its cell remembers since when it holds */
	struct program_cond when;
	int64_t for_us;
	struct program_action action;
	int line, col;
};

struct program_cap { /* rolling windows; 0: no limit */
	unsigned per_day, per_week, per_month;
};

struct program_guardrails {
	const struct program_cap *channel_caps; /* by consent.channels index; never NULL */
	struct program_cap all, account;        /* over all channels; over all leads of a company */
	struct program_hours quiet;             /* nothing leaves inside, in the lead's zone */
	struct program_hours window;            /* nothing leaves outside */
	bool weekends;                          /* quiet on Saturday and Sunday */
	const int32_t *holidays;                /* days since 1970-01-01, sorted */
	size_t holidays_n;
	int64_t cool_down_us;         /* after a touch of any kind */
	double fatigue_max;           /* 0: off; touches weigh 1 and halve every ... */
	int64_t fatigue_half_life_us; /* ... so long; a click or reply takes 2 away */
	int64_t repeat_after_us;      /* the same content again only after; 0: never */
	const struct str *stop_on;    /* event types that stop everything automated */
	size_t stop_on_n;
	double complaint_rate_max, bounce_rate_max; /* of 1; 0: off; over the latest 1,000 sends */
	unsigned budget_per_day;                    /* messages a day in all; 0: no limit */
	unsigned warm_up_from;                      /* first day's ceiling, x1.4 a day; 0: off */
	struct str zone;                            /* IANA zone where none is known; "UTC" */
};

struct program_arm {
	struct str name;
	unsigned weight;
};
/* What is done when an experiment's rule has found something (evaluate/rule.h). In the order of
 * schema_then_words. */
enum program_then {
	THEN_TELL, /* people are told, and decide */
	THEN_STOP, /* everybody gets the first arm */
	THEN_SHIP, /* everybody gets the arm that won, the first where none did */
};
struct program_rule {
	bool on;
	enum program_then then;
	unsigned least;    /* leads in each arm */
	const char *guard; /* a flag of a cohort that must not rise: "left"; NULL: there is none */
	double guard_most; /* an arm's rate of it, at most */
	int64_t within_us; /* the experiment lasts no longer; 0: no limit */
};
struct program_experiment {
	struct str name;
	uint32_t key;
	size_t track;       /* NO_INDEX: all */
	const char *metric; /* a flag of a cohort: "goal" */
	double min_lift;    /* of the first arm's rate; 0: none is too small */
	const struct program_arm *arms;
	size_t arms_n;
	struct program_rule rule;
};

/* Who chooses among what the guardrails leave. In the order of schema_mode_words. */
enum decide_mode {
	DECIDE_OFF,    /* the rules; nothing is learned */
	DECIDE_SHADOW, /* the rules; what the learner would do is recorded */
	DECIDE_RULES,  /* the rules; the learner looks on, as below */
	DECIDE_FIRST,  /* always the first angle that may leave */
	DECIDE_EPSILON,
	DECIDE_IGW,
	DECIDE_THOMPSON,
	DECIDE_FIXED, /* always the same, of what may leave; only program_choose says it */
};
/* Another way to choose than the program's own, to try it out. */
struct program_choice {
	enum decide_mode mode;
	struct str angle; /* of FIXED: always this, where it is offered; empty: the rules' own */
	int part;         /* of the day; -1: when the rules would */
	int gap;          /* 1 + which; 0: the rules' */
	bool nothing;     /* say nothing at all */
};
/* What is done while the world looks different from what was learned. In the order of
 * schema_drift_words, behind the first. */
enum decide_drift {
	DECIDE_STEADY,     /* it does not, or nothing is done */
	DECIDE_WIDEN,      /* what was learned counts half, and twice as much is tried out */
	DECIDE_REOPEN,     /* nearly as if it were new: much is tried out */
	DECIDE_FALL_BACK,  /* the rules choose */
	DECIDE_ALARM_ONLY, /* it is told, and goes on */
};
#define PROGRAM_REWARDS_MAX 32
struct program_reward {
	struct str of; /* an event type, or a family: form.* */
	double value;  /* on the program's own scale */
	int64_t within_us;
};
struct program_deciding {
	enum decide_mode mode;
	const struct program_reward *rewards;
	size_t rewards_n;
	double scale;        /* value of the best single outcome; > 0 */
	const double *costs; /* of a message, by consent.channels index */
	double harm_budget;  /* share of messages that may end in harm */
	int64_t harm_us;
	double most, least; /* what all but the best may have; what is shared out evenly */
	double uniform;     /* share of decisions that is drawn evenly, whatever is known */
	double epsilon, gain;
	int64_t keep_us;             /* records of decisions and what came of them */
	int64_t learn_us, close_us;  /* the shortest and the longest window of all of them */
	enum decide_drift on_drift;  /* not DECIDE_STEADY */
	int64_t drift_hold_us;       /* for so long behind the last alarm */
	int64_t drift_window_us;     /* those who came in so long are compared with those before */
	double drift_psi;            /* how far apart is too far */
	struct program_choice fixed; /* of mode FIXED */
};

/* Everything above, hung into struct program as `play`. Never NULL; without tracks, tracks_n is 0
 * and nothing is ever sent. */
struct program_play {
	const struct program_track *tracks;
	size_t tracks_n;
	const struct program_trigger *triggers;
	size_t triggers_n;
	struct program_guardrails guardrails;
	const struct program_team *teams;
	size_t teams_n;
	const struct program_experiment *experiments;
	size_t experiments_n;
	double holdout; /* share of leads never mailed, 0 to 0.5 */
	struct program_deciding deciding;
	const struct program_decision *decisions; /* by name, as written */
	size_t decisions_n;
};

size_t program_track_of(const struct program *p, struct str name); /* NO_INDEX: none */
size_t program_step_of(const struct program_track *t, struct str name);
size_t program_team_of(const struct program *p, struct str name);
const char *decide_mode_name(enum decide_mode m);
const char *program_then_name(enum program_then t); /* "tell", ... */
struct json_w;                                      /* base/json_w.h */
/* then, least and guard as members of an open object. */
void program_rule_put(const struct program_rule *r, struct json_w *w);
const char *decide_drift_name(enum decide_drift d);              /* "steady", "widen", ... */
enum decide_mode decide_mode_of(struct str name, bool *known_r); /* those a program may say */
/* The first that an event of that type brings; NULL: none. */
const struct program_reward *program_reward_of(const struct program_deciding *d, struct str type);
/* From now on `c` is how this program chooses. Texts are borrowed. */
MUST_USE enum status program_choose(struct program *p, const struct program_choice *c,
				    struct err *e);
const char *react_kind_name(enum react_kind k);
const char *action_kind_name(enum action_kind k);

#endif
