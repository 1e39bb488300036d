# SPDX-License-Identifier: Apache-2.0
"""tools/layers can fail: each rule is shown an include that breaks it."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = "base:\nlog: base\nscore: base\nengine: base log score\n<sqlite3.h> log\n"

# name of the case, file, one line in it, words the finding must have (None: there must be none)
CASES = (
    ("below", "log/a.c", '#include "base/a.h"', None),
    ("own room", "log/a.c", '#include "log/a.h"', None),
    ("sideways", "score/a.c", '#include "log/a.h"', 'score/ may not include "log/a.h"'),
    ("upwards", "log/a.h", '#include "engine/a.h"', 'log/ may not include "engine/a.h"'),
    ("a test may look down", "score/test_a.c", '#include "log/a.h"', None),
    ("a test may not look up", "score/test_a.c", '#include "engine/a.h"', "may not include"),
    ("library at home", "log/a.c", "#include <sqlite3.h>", None),
    ("library abroad", "engine/a.c", "  #  include <sqlite3.h>", "belongs to log/"),
    ("short path", "log/a.c", '#include "a.h"', "include by full path"),
    ("upward path", "log/a.c", '#include "../base/a.h"', "include by full path"),
    ("no such room", "log/a.c", '#include "attic/a.h"', "no room attic"),
    ("no such header", "log/a.c", '#include "base/b.h"', "does not exist"),
    ("room without a line", "attic/a.c", "int a;", "no line in"),
)


def main():
    failed = 0
    for name, path, line, words in CASES:
        with tempfile.TemporaryDirectory() as folder:
            src = pathlib.Path(folder)
            (src / "LAYERS").write_text(LAYERS)
            for room in ("base", "log", "score", "engine", "attic"):
                (src / room).mkdir()
                if room != "attic":
                    (src / room / "a.h").write_text("")
            (src / path).write_text(line + "\n")
            run = subprocess.run([sys.executable, ROOT / "tools/layers", src],
                                 capture_output=True, text=True, check=False)
        good = run.returncode == 0 if words is None else run.returncode == 1 and words in run.stdout
        if not good:
            failed += 1
            print(f"{name}: expected {words!r}, got {run.returncode}:\n{run.stdout}{run.stderr}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
