#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_embed: what tools/embed takes out of a script, and what it must not touch."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
loader = importlib.machinery.SourceFileLoader("embed", str(ROOT / "tools" / "embed"))
embed = importlib.util.module_from_spec(importlib.util.spec_from_loader("embed", loader))
loader.exec_module(embed)

CASES = [
    ("indentation", "\tvar a = 1;\n\n  b();\n", "var a=1;\nb();\n"),
    ("a comment of its own", "a();\n/* no\n * more */\nb();\n", "a();\nb();\n"),
    ("one line of comment", "/* no */\na();\n", "a();\n"),
    ("the licence stays", "/* SPDX-License-Identifier: Apache-2.0\n * x */\na();\n",
     "/* SPDX-License-Identifier: Apache-2.0 */\na();\n"),
    ("words keep their space", "return typeof x in y;", "return typeof x in y;\n"),
    ("strings", "x = 'a  =  b' + \"c , d\";", "x='a  =  b'+\"c , d\";\n"),
    ("a quote in a string", r"x = 'a \' = b' + 1;", r"x='a \' = b'+1;" + "\n"),
    ("a regular expression", "x = / = [ /] ; /.exec(y) ;", "x=/ = [ /] ; /.exec(y);\n"),
    ("a division", "x = (a) / b / c;", "x=(a)/b/c;\n"),
    ("an object", "f({ a: 1, 'b c': [ 2 ] });", "f({a:1,'b c':[2]});\n"),
]


def main():
    failed = 0
    for name, text, want in CASES:
        got = embed.squeeze(text)
        if got != want:
            failed += 1
            print(f"embed: {name}: {got!r} instead of {want!r}")
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "t.c"
        sys.argv = ["embed", "--table", "mine", str(out), f"a/b.yaml={ROOT / 'programs' / 'example.yaml'}"]
        embed.main()
        made = out.read_text(encoding="utf-8")
        if "extern const struct embed_file mine[];" not in made or '{"a/b.yaml", "application/yaml"' not in made:
            failed += 1
            print("embed: a table of its own")
    script = ROOT / "web" / "snippet" / "n.js"
    size = len(embed.squeeze(script.read_text(encoding="utf-8")).encode())
    if size > 3 * 1024:
        failed += 1
        print(f"embed: n.js has {size} bytes; 3072 are its promise")
    print(f"{len(CASES) + 2 - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
