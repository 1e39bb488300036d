#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clients: three SDKs from npm send to a running daemon, lose the answer and send again; what they
# sent is there once. Skips, and says so, where node or the npm registry is absent.
set -euo pipefail
. "$(dirname "$0")/frame.bash"

npm_check clients "the SDKs"
key=$(write_key)
serve
node "$work/check/check.js" "$url" "$key"
