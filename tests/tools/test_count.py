# SPDX-License-Identifier: Apache-2.0
"""The counting of the test run can see a failure: a wrong sum here would hide every other one."""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = "[==========] Running 2 test(s).\n[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n[       OK ] b\n" \
       "[==========] 2 test(s) run.\n[  PASSED  ] 2 test(s).\n"
BAD = "[ RUN      ] a\n[       OK ] a\n[ RUN      ] b\n[  FAILED  ] b\n[==========] 2 test(s) run.\n" \
      "[  PASSED  ] 1 test(s).\n[  FAILED  ] tests: 1 test(s), listed below:\n[  FAILED  ] b\n\n 1 FAILED TEST(S)\n"
SKIPPED = "[ RUN      ] a\n[  SKIPPED ] a\n[ RUN      ] b\n[       OK ] b\n[  PASSED  ] 1 test(s).\n" \
          "[  SKIPPED ] tests: 1 test(s), listed below:\n[  SKIPPED ] a\n"

# name of the case, (result, output) of each program, the last line
CASES = (
    ("nothing ran", [], "0 passed, 0 failed"),
    ("all good", [("OK", GOOD)], "2 passed, 0 failed"),
    ("one of two", [("FAIL", BAD)], "1 passed, 1 failed"),
    ("skipped is neither", [("OK", SKIPPED)], "1 passed, 0 failed"),
    ("a leak at exit", [("FAIL", GOOD)], "2 passed, 1 failed"),
    ("a crash before the first case", [("FAIL", "AddressSanitizer")], "0 passed, 1 failed"),
    ("a time-out", [("TIMEOUT", "")], "0 passed, 1 failed"),
    ("not cmocka", [("OK", "corpus: 3 inputs")], "1 passed, 0 failed"),
    ("summed", [("OK", GOOD), ("FAIL", BAD), ("OK", "")], "4 passed, 1 failed"),
)

# what a check that ran nothing printed, what the run says of it
NOTHING = (
    ("clients: skipped, npm cannot fetch the SDKs: E404\n0 passed, 0 failed\n",
     "skipped, npm cannot fetch the SDKs: E404"),
    ("0 passed, 0 failed\n", "nothing to run"),
)


def why_nothing():
    """The number of rows of NOTHING that are told otherwise."""
    wrong = 0
    for text, line in NOTHING:
        with tempfile.NamedTemporaryFile("w") as log:
            log.write(text)
            log.flush()
            run = subprocess.run([ROOT / "tools/test", "--inner", "why_nothing", log.name],
                                 capture_output=True, text=True, check=False)
        if run.stdout.strip() != line:
            wrong += 1
            print(f"expected {line!r}:\n{run.stdout}{run.stderr}")
    return wrong


def main():
    failed = 0
    for name, programs, line in CASES:
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "testlog.json"
            log.write_text("".join(json.dumps({"name": "x", "result": r, "stdout": o}) + "\n" for r, o in programs))
            run = subprocess.run([sys.executable, ROOT / "tools/count_tests", log],
                                 capture_output=True, text=True, check=False)
        good = run.stdout.splitlines()[-1:] == [line] and run.returncode == (" 0 failed" not in line)
        if not good:
            failed += 1
            print(f"{name}: expected {line!r}, got {run.returncode}:\n{run.stdout}{run.stderr}")
    failed += why_nothing()
    print(f"{len(CASES) + len(NOTHING) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
