// SPDX-License-Identifier: Apache-2.0
// tally: counts the checks of one script. A line per failure; the last line is `N passed, N failed`.
let passed = 0;
let failed = 0;

exports.check = function (name, ok, detail = "") {
	if (ok) {
		passed += 1;
		return;
	}
	failed += 1;
	console.log(`FAILED  ${name} ${detail}`);
};

exports.end = function () {
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
};
