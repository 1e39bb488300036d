# SPDX-License-Identifier: Apache-2.0
"""The checks of tools/tidy can fail: each rule is shown a tree with one thing wrong."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPDX = "/* SPDX-License-Identifier: Apache-2.0\n * x: says what it is. */\n"
LONG = "int f(void)\n{\n" + "\tg();\n" * 70 + "}\n"
DEEP = """int f(int a)
{
	for (;;) {
		if (a) {
			while (a)
				if (a)
					g();
		}
	}
}
"""
CHAIN = """int f(int a)
{
	for (;;) {
		if (a)
			g();
		else if (a + 1)
			g();
		else if (a + 2)
			g();
		else
			while (a)
				g();
	}
}
"""
MEAN = 'const char *s = "strcpy(a, b)"; /* strcpy(a, b) */\nint f(void)\n{\n\treturn x.time(1);\n}\n'

# name of the case, file, content, words the finding must have (None: there must be none)
CASES = (
    ("clean file", "src/room/a.c", SPDX + "int f(void)\n{\n\treturn 1;\n}\n", None),
    ("no licence line", "src/room/a.c", "/* hello */\n", "first line is not"),
    ("nothing said", "src/room/a.c", "/* SPDX-License-Identifier: Apache-2.0 */\nint a;\n", "second line"),
    ("long function", "src/room/a.c", SPDX + LONG, "73 lines; 70 at most"),
    ("long file", "src/room/a.c", SPDX + "int a;\n" * 800, "802 lines; 800"),
    ("long header", "src/room/a.h", SPDX + "extern int a;\n" * 300, "302 lines; 300"),
    ("long line", "src/room/a.c", SPDX + "\t" * 12 + "int ab;\n", "103 columns"),
    ("just fits", "src/room/a.c", SPDX + "\t" * 12 + "a;\n", None),
    ("trailing space", "src/room/a.c", SPDX + "int a; \n", "white space"),
    ("deep nesting", "src/room/a.c", SPDX + DEEP, "nested 4 deep"),
    ("else-if is one level", "src/room/a.c", SPDX + CHAIN, None),
    ("many parameters", "src/room/a.c", SPDX + "int f(int a, int b, int c, int d, int e, int (*g)(int, int), int h)\n{\n}\n",
     "7 parameters"),
    ("banned call", "src/room/a.c", SPDX + "int f(void)\n{\n\tstrcpy(a, b);\n}\n", "strcpy(): writes without a bound"),
    ("memory outside base", "src/room/a.c", SPDX + "void *f(void)\n{\n\treturn malloc(1);\n}\n", "malloc(): memory"),
    ("memory in base", "src/base/a.c", SPDX + "void *f(void)\n{\n\treturn malloc(1);\n}\n", None),
    ("clock outside base", "src/room/a.c", SPDX + "int f(void)\n{\n\treturn time(0);\n}\n", "time(): time comes"),
    ("words in literals", "src/room/a.c", SPDX + MEAN, None),
    ("exception with a reason", "src/room/a.c",
     SPDX + "int f(void)\n{\n\t/* Exception: the size is checked above. */\n\tstrcpy(a, b);\n}\n", None),
    ("exception without one", "src/room/a.c", SPDX + "int f(void)\n{\n\t/* Exception: */\n\tstrcpy(a, b);\n}\n", "strcpy()"),
    ("goto", "src/room/a.c", SPDX + "int f(void)\n{\n\tgoto fail;\n}\n", "goto only"),
    ("open end", "src/room/a.c", SPDX + "/* TO" + "DO: later */\n", "open end"),
    ("open end with issue", "src/room/a.c", SPDX + "/* TO" + "DO(#7): later */\n", None),
    ("dead code", "src/room/dead.c", SPDX, "dead code"),
    ("stray test", "src/room/b.c", SPDX + "#include <cmocka.h>\n", "called test_"),
    ("test of nothing", "src/room/test_b.c", SPDX, "no b.c"),
    ("header not alone", "src/room/a.h", SPDX + "void f(size_t n);\n", "does not compile alone"),
    ("header alone", "src/room/a.h", SPDX + "#include <stddef.h>\nvoid f(size_t n);\n", None),
    ("dead link", "docs/a.md", "see [that](nowhere.md)\n", "no such file"),
    ("live link", "docs/a.md", "see [that](../src/room/README.md#part)\n", None),
)


def findings(root):
    run = subprocess.run([sys.executable, ROOT / "tools/tidy", root], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def plant(root, path, content):
    for room in ("base", "room"):
        (root / "src" / room).mkdir(parents=True)
        (root / "src" / room / "README.md").write_text("a room\n")
        (root / "src" / room / "meson.build").write_text("src_files += files('a.c', 'b.c', 'test_b.c')\n")
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def main():
    failed = 0
    for name, path, content, words in CASES:
        with tempfile.TemporaryDirectory() as folder:
            plant(pathlib.Path(folder), path, content)
            status, out = findings(folder)
        good = (status == 0) if words is None else (status == 1 and words in out)
        if not good:
            failed += 1
            print(f"{name}: expected {words!r}, got {status}:\n{out}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
