#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# openapi: a running daemon's /openapi.json against a validator written by others, and every address
# it names against the daemon. Skips, and says so, where node or the npm registry is absent.
set -euo pipefail
. "$(dirname "$0")/frame.bash"

npm_install=(ci)
npm_check openapi "the validator"
serve --create
node "$work/check/check.js" "$url"
