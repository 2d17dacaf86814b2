#!/usr/bin/env bash
# The gate on GitHub: annotations beside the lines that they are about, a summary of the job, and files
# for the steps behind. Ends as `abilock check` does.
set -euo pipefail

gate() {
    if [ -n "${ABILOCK_CONFIG:-}" ]; then
        abilock check --config "$ABILOCK_CONFIG" "$@"
    else
        abilock check "$@"
    fi
}

markdown="$RUNNER_TEMP/abilock.md"
sarif="$RUNNER_TEMP/abilock.sarif"

status=0
gate --format github || status=$?
# The others say the same, and end the same way.
gate --format markdown >"$markdown" 2>/dev/null || true
gate --format sarif >"$sarif" 2>/dev/null || true

cat "$markdown" >>"$GITHUB_STEP_SUMMARY"
{
    echo "status=$status"
    echo "markdown-file=$markdown"
    echo "sarif-file=$sarif"
} >>"$GITHUB_OUTPUT"
exit "$status"
