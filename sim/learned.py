#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""learned: among people who do not exist, does the learner still earn more than those it knows
nothing of? Two worlds of the proof in docs/learning.md, small: too few for an interval, enough to
see a learner that learns nothing, or the wrong thing. The same on every machine.

usage: sim/learned.py [NURTURED]
"""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
POLICIES = "learned,rules,fixed:story,fixed:checklist"  # the rules are always the benchmark here
SIZE = ["--leads", "6000", "--days", "60", "--seed", "101", "--seeds", "2"]


def compared(nurtured):
    program = os.path.join(ROOT, "programs", "proof", "program.yaml")
    run = subprocess.run(
        [nurtured, "simulate", "--program", program, *SIZE, "--compare", "--policy", POLICIES, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode not in (0, 1):  # 1: two worlds make nothing sure
        sys.exit(f"{run.stderr}\nsimulate: exit {run.returncode}\n0 passed, 1 failed")
    return {row["policy"]: row for row in json.loads(run.stdout)["policies"]}


def main():
    rows = compared(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build", "nurtured"))
    learned, rules = rows.pop("learned"), rows["rules"]
    blind = sum(row["reward"] for row in rows.values()) / len(rows)
    checks = [
        ("5 % more than a choice that knows nothing", learned["reward"] >= 1.05 * blind),
        ("3 % more than the rules", learned["reward"] >= 1.03 * rules["reward"]),
        ("no more harm than the rules, give or take 1 in 1,000 leads",
         learned["harmed"] <= rules["harmed"] + 0.1),
    ]
    print(f"of 100 leads: learned {learned['reward']:.2f}, rules {rules['reward']:.2f}, blind {blind:.2f};"
          f" driven away {learned['harmed']:.2f} and {rules['harmed']:.2f}")
    for name, holds in checks:
        if not holds:
            print(f"FAIL  {name}")
    failed = sum(not holds for _, holds in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
