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

# name of the case, (result, output) of each program, the last lines
CASES = (
    ("nothing ran", [], "0 passed, 0 failed"),
    ("all good", [("OK", GOOD)], "2 passed, 0 failed"),
    ("one of two", [("FAIL", BAD)], "1 passed, 1 failed"),
    ("skipped is neither", [("OK", SKIPPED)], "1 passed, 0 failed"),
    ("where is said", [("OK", GOOD), ("OK", SKIPPED)], "1 skipped in x\n3 passed, 0 failed"),
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

# what a check that ran printed, how the line of it ends
LEFT_OUT = (
    ("2 passed, 0 failed\n", "2 passed    0 s"),
    ("some: skipped, no root here\n2 passed, 0 failed\n", "0 s  (skipped, no root here)"),
    ("3 skipped in log, model\nliquid: 2 skipped (why)\n2 passed, 0 failed\n",
     "0 s  (3 skipped in log, model; liquid: 2 skipped (why))"),
    ("[  SKIPPED ] a\nSkipped:  0\n2 passed, 0 failed\n", "2 passed    0 s"),
)


def told(text, step, good):
    """Is what a step of the run says of this log good? 1 when it is not."""
    with tempfile.NamedTemporaryFile("w") as log:
        log.write(text)
        log.flush()
        run = subprocess.run([ROOT / "tools/test", "--inner", *step, log.name],
                             capture_output=True, text=True, check=False)
    if good(run.stdout.rstrip("\n")):
        return 0
    print(f"wrong of {text!r}:\n{run.stdout}{run.stderr}")
    return 1


def main():
    failed = 0
    for name, programs, line in CASES:
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "testlog.json"
            log.write_text("".join(json.dumps({"name": "x", "result": r, "stdout": o}) + "\n" for r, o in programs))
            run = subprocess.run([sys.executable, ROOT / "tools/count_tests", log],
                                 capture_output=True, text=True, check=False)
        good = run.stdout.endswith(f"{line}\n") and run.returncode == (" 0 failed" not in line)
        if not good:
            failed += 1
            print(f"{name}: expected {line!r}, got {run.returncode}:\n{run.stdout}{run.stderr}")
    for text, line in NOTHING:
        failed += told(text, ["why_nothing"], line.__eq__)
    for text, end in LEFT_OUT:
        failed += told(text, ["check", "some", "cat"], lambda said, end=end: said.endswith(end))
    print(f"{len(CASES) + len(NOTHING) + len(LEFT_OUT) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
