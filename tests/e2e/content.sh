#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# content: a program with its texts, from a folder and out of a request: all problems at once, what
# is new travels once, and without texts a program with tracks is not put in force.
set -uo pipefail
. "$(dirname "$0")/frame.bash"

cp -r "$root/programs/content" "$work/content"
cp "$root/programs/example.yaml" "$work/program.yaml"
mkdir "$work/bare"
cp "$root/programs/example.yaml" "$work/bare/program.yaml"
expect 0 "init" -- init
expect 0 "validate" "3 tracks, 9 texts, 2 partials and layouts" -- validate "$work/program.yaml"
expect 0 "validate without texts" "texts were not looked at" -- validate "$work/bare/program.yaml"
expect 1 "apply without texts" "nurtured init --program" -- apply "$work/bare/program.yaml"
expect 1 "plan without texts" "no texts for them" -- plan "$work/bare/program.yaml"
expect 4 "a folder that is not there" "cannot open" -- validate "$work/program.yaml" --content "$work/none"

# ---- partials and layouts ----
layout=$work/content/layouts/larkspur.liquid
fault() { # NAME PLACE MESSAGE: what validate says of the folder as it is; then as it was
	expect 1 "$1" "$3" -- validate "$work/program.yaml"
	if grep -qF -- "--> $2" "$work/out"; then good; else bad "$1: place" "$work/out"; fi
	rm -r "$work/content"
	cp -r "$root/programs/content" "$work/content"
}
sed -i 's/sender.postal_address/sender.name/; s/{{ unsubscribe_url }}/x/' "$layout"
fault "a layout without an address" "content/layouts/larkspur.liquid:$(grep -n '</body>' "$root/programs/content/layouts/larkspur.liquid" | cut -d: -f1):1" \
	'error\[N243\]: a layout without <a href="\{\{ unsubscribe_url \}\}"> and \{\{ sender.postal_address'
sed -i "s/'regards'/'regrads'/" "$work/content/case-study/roi.md"
fault "a partial of no such name" "content/case-study/roi.md:26:11" 'no partial called "regrads"'
printf '{%% render "b" %%}' >"$work/content/partials/a.liquid"
printf 'x\n{%% render "a" %%}' >"$work/content/partials/b.liquid"
fault "a circle" "content/partials/b.liquid:2:11" "leads back to this one"
mv "$layout" "$work/content/layouts/yard.liquid"
fault "a layout of no such name" "$work/program.yaml:19:11" 'error\[N242\]: no layout called "larkspur"'

rm "$work/content/case-study/roi.md"
printf -- '---\nsubject: S\n---\n\nHello {{ lead.first_name | upcas }}\n' >"$work/content/dock-delays/story.md"
printf 'no front matter\n' >"$work/content/planning-cost/story.md"
expect 1 "all problems at once" "3 problems" -- validate "$work/program.yaml"
if grep -q -- 'N238' "$work/out" && grep -q -- '--> content/dock-delays/story.md:5:' "$work/out" &&
	grep -q -- '--> content/planning-cost/story.md:1:1' "$work/out"; then good; else bad "places" "$work/out"; fi
expect 1 "as JSON" '"file":"content/dock-delays/story.md","line":5' -- validate "$work/program.yaml" --json
expect 1 "not put in force" "3 problems" -- apply "$work/program.yaml" --yes
cp -r "$root/programs/content/." "$work/content"
ln -s /etc/hostname "$work/content/planning-cost/link.md"
expect 1 "a link" "is a link" -- apply "$work/program.yaml"
rm "$work/content/planning-cost/link.md"
expect 0 "apply" "11 new texts" -- apply "$work/program.yaml"
expect 0 "the same once more" "^unchanged: this is version 1" -- apply "$work/program.yaml" --yes
echo "# a word more" >>"$work/program.yaml"
expect 0 "apply again" "applied \(event [0-9]+\)$" -- apply "$work/program.yaml" --yes
expect 0 "apply without texts keeps them" "applied" -- apply "$work/bare/program.yaml" --yes

serve
token=$(cat "$NURTURED_DATA/admin.token")
sed -i 's/^Hello/Good day/' "$work/content/planning-cost/benchmark.md"
expect 0 "plan names the text" "^~ another text for planning-cost/benchmark$" -- plan "$work/program.yaml"
sed -i 's/Regards,/Yours,/' "$work/content/partials/regards.liquid"
expect 0 "and the partial" "^~ another text for partials/regards$" -- plan "$work/program.yaml"
expect 0 "as JSON" '"what":"changed","partial":"regards"' -- plan "$work/program.yaml" --json
expect 0 "apply through the daemon" "2 new texts" -- apply "$work/program.yaml" --yes
python3 - "$work" <<'PY'
import json, pathlib, sys
work = pathlib.Path(sys.argv[1])
texts = {str(p.relative_to(work / "content")): p.read_text() for p in (work / "content").rglob("*.*")}
program = (work / "program.yaml").read_text()
def save(name, program, texts):
    (work / name).write_text(json.dumps({"program": program, "content": texts}))
save("good.json", program, texts)
save("longer.json", program.replace("half_life: 14d", "half_life: 15d"), texts)
save("none.json", program, {})
save("bad.json", program.replace("half_life: 14d", "half_life: 14 d"), dict(texts, **{"planning-cost/story.md": "x"}))
PY
post() { # WANT NAME FILE PATH [TYPE]
	curl -s -H "Authorization: Bearer $token" -H "Content-Type: ${5:-application/json}" \
		--data-binary @"$work/$3" "$url/v1/program/$4" >"$work/answer"
	if grep -qE -- "$1" "$work/answer"; then good; else bad "$2" "$work/answer"; fi
}
post '"ok":true' "validate over HTTP" good.json validate
post '"file":"content/planning-cost/story.md","line":1' "problems over HTTP" bad.json validate
post '"code":"N113"' "and those of the program" bad.json validate
post '"schema":"nurtured.plan/1"' "plan over HTTP" good.json plan
post '"unchanged":true' "apply of what is in force" good.json apply
post '"seq":[0-9]+' "apply over HTTP" longer.json apply
post 'N242' "apply without texts over HTTP" none.json apply
post '"seq":[0-9]+' "a bare program keeps them" program.yaml apply text/yaml
stop
expect 0 "replay" "equal" -- replay --verify

# ---- as JSON ----
ends() { # NAME PATTERN: the last line of the answer
	if tail -n 1 "$work/out" | grep -qE -- "$2"; then good; else bad "$1" "$work/out"; fi
}
expect 0 "all is well, as JSON" "" -- validate "$work/program.yaml" --json
ends "and a document says so" '^\{"schema":"nurtured.validate/1","ok":true,.*"errors":0,.*"texts":9,"partials_and_layouts":2,"content_checked":true\}$'
expect 1 "all is not, as JSON" "" -- validate "$work/bare/program.yaml" --json --content "$work/bare"
ends "a document says that too" '^\{"schema":"nurtured.validate/1","ok":false,.*"errors":[1-9]'

# ---- SpamAssassin ----
mkdir -p "$work/single/content/m"
cat >"$work/single/program.yaml" <<'YAML'
nurture: 1
program: one
goal: meeting.booked
send_as: {name: Test, from: test@mail.larkspur.example, postal_address: Somewhere 1}
scoring: {}
YAML
letter() { # SUBJECT WORDS
	printf -- '---\nsubject: %s\ncta:\n  label: Go\n  url: https://larkspur.example/\n---\nHello {{ lead.first_name }},\n\n%s\n' "$1" "$2"
}
letter "Your shift plan" "The plan of the day before is stale at six. Petra at Brandt wrote down for one week what she copied and why." >"$work/single/content/m/a.md"
expect 0 "preview" "$("$nurtured" trigger form.demo --email spam@firm.example --consent confirmed >/dev/null 2>&1; echo Subject)" -- preview spam@firm.example planning-cost --no-spam
if PATH=/nowhere "$nurtured" preview spam@firm.example planning-cost >"$work/out" 2>"$work/err" && grep -q "not installed: our own list" "$work/err"; then good; else bad "preview without SpamAssassin" "$work/out" "$work/err"; fi
if PATH=/nowhere "$nurtured" validate "$work/single/program.yaml" --spam >"$work/out" 2>"$work/err"; then bad "validate --spam without it" "$work/out"; else good; fi
if grep -q "apt install spamassassin" "$work/err"; then good; else bad "what to install" "$work/err"; fi
if command -v spamassassin >/dev/null; then
	expect 0 "preview asks it" "spamassassin: [0-9.-]+ points" -- preview spam@firm.example planning-cost
	expect 0 "preview asks it, as JSON" '"spamassassin":\{"asked":true,"by":"spam[a-z]*","health":"ok","points":' -- preview spam@firm.example planning-cost --json
	expect 0 "a text that is none" "spamassassin: [0-9.-]+ points" -- validate "$work/single/program.yaml" --spam
	letter "Your plan" 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X' | sed 's/\*/\\*/g' >"$work/single/content/m/b.md"
	expect 1 "a text that is spam" "GTUBE" -- validate "$work/single/program.yaml" --spam
	expect 1 "as JSON" '"file":"content/m/b.md","spamassassin":\{"asked":true,.*"health":"warn"' -- validate "$work/single/program.yaml" --spam --json
else
	echo "content: SpamAssassin is not installed: not asked"
fi

# ---- tried on people who do not exist ----
"$nurtured" simulate --leads 150 --days 30 --seed 7 --json --program "$work/program.yaml" >"$work/one" 2>/dev/null
"$nurtured" simulate --leads 150 --days 30 --seed 7 --json --program "$work/program.yaml" >"$work/two" 2>/dev/null
if [ -s "$work/one" ] && cmp -s "$work/one" "$work/two"; then good; else bad "the same seed" "$work/one" "$work/two"; fi
expect 0 "simulate: a hash that no reader rounds" '"state_hash":"[0-9a-f]{16}"' -- simulate --leads 20 --days 5 --json
expect 0 "simulate the example" "handed_off" -- simulate --leads 50 --days 20
expect 2 "simulate how many?" "whole number" -- simulate --leads many
expect 2 "simulate nobody" "1 to" -- simulate --leads 0
learning="$root/programs/learning.yaml"
expect 2 "simulate one policy" "2 to 64 policies can be compared, not 1" -- simulate --compare --policy rules
expect 2 "simulate in one world" "2 to 1000 seeds can be compared in, not 1" -- \
	simulate --compare --policy rules,first --seeds 1
expect 2 "simulate one policy twice" "policy rules is named twice" -- simulate --compare --policy rules,rules
expect 2 "simulate two angles at once" "one angle, .* checklist is a second" -- \
	simulate --program "$learning" --policy fixed:story+checklist
expect 1 "simulate without texts" "problem" -- simulate --program "$work/bare/program.yaml" --leads 5
tally
