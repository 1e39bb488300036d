#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program_schema: a draft-07 validator that is not ours accepts the JSON Schema and the programs we
# ship, and refuses what our own check refuses. Uses python3-jsonschema; without it, it says so.
set -uo pipefail
cd "$(dirname "$0")/../.."
if ! python3 -c 'import jsonschema, yaml' 2>/dev/null; then
	echo "program_schema: skipped, no python3-jsonschema and python3-yaml here"
	echo "0 passed, 0 failed"
	exit 0
fi
exec python3 - <<'PY'
import json, pathlib, sys
import jsonschema, yaml

passed = failed = 0


def check(name, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", name)


schema = json.loads(pathlib.Path("programs/program.schema.json").read_text())
try:
    jsonschema.Draft7Validator.check_schema(schema)
    check("the schema is a draft-07 schema", True)
except jsonschema.SchemaError as e:
    check(f"the schema is a draft-07 schema: {e.message}", False)
validator = jsonschema.Draft7Validator(schema)


def problems(text):
    return [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(yaml.safe_load(text))]


for path in sorted(pathlib.Path("programs").glob("*.yaml")):
    found = problems(path.read_text())
    check(f"{path} is valid: {found[:3]}", not found)


def described(node, path=""):
    for name, inner in node.get("properties", {}).items():
        if len(inner.get("description", "")) < 8:
            yield f"{path}.{name}"
        yield from described(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from described(node[key], path)
    for way in node.get("anyOf", []):
        yield from described(way, path)


missing = list(described(schema))
check(f"every key has a description: {missing}", not missing)

head = "nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n"
for bad in (
    "scoring: {fitt: []}", "scoring: []", "scoring: {}\npersonnas: {}", "scoring: {fit: [{if: a}]}",
    "scoring: {fit: [{if: a, points: 400}]}", "scoring: {engagement: {half_life: 14 days}}",
    "scoring: {engagement: {points: {Page.Pricing: 3}}}", "scoring: {}\nphone_country: uk",
    "scoring: {}\nconsent: {default: optin}", "scoring: {}\npersonas: {ops-lead: a}",
    "scoring: {weights: {fit: 40, engagement: 60}}", "scoring: {}\nkeys: {a: strong}",
    "scoring: {}\nfeatures: {a: {kind: cuont}}", "scoring: {}\noutcomes: []",
    "scoring: {}\nconsent: {regions: {n: {countries: [], rule: opt_in}}}",
    "scoring: {}\ntracks: {a: {enter: x}}",
    "scoring: {}\ntracks: {a: {sequence: [{send: m, react: {openned: next}}]}}",
    "scoring: {}\ntracks: {a: {sequence: [{send: m, react: {silent: {mvoe: b}}}]}}",
    "scoring: {}\ntracks: {a: {sequence: [{send: m, react: {silent: {exit: x, then: {mvoe: b}}}}]}}",
    "scoring: {}\ntracks: {a: {cadence: 7-10d, sequence: [{send: m}]}}",
    "scoring: {}\nguardrails: {quiet_hours: {from: 19:00, to: \"08:00\"}}",
    "scoring: {}\nguardrails: {max_emails: {per_day: 11}}",
    "scoring: {}\nteams: {sdr: {reps: []}}",
):
    check(f"refused: {bad!r}", problems(head + bad))
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
PY
