#!/usr/bin/env bash
# The gate on GitHub: annotations beside the lines that they are about, a summary of the job, and files
# for the steps behind. Ends as `abilock check` does.
set -euo pipefail

options=(check)
if [ -n "${ABILOCK_CONFIG:-}" ]; then
    options+=(--config "$ABILOCK_CONFIG")
fi
if [ -n "${ABILOCK_AGAINST:-}" ]; then
    # A checkout has one commit only.
    git cat-file -e "$ABILOCK_AGAINST^{commit}" 2>/dev/null \
        || git fetch --quiet --depth=1 origin "$ABILOCK_AGAINST"
    options+=(--against "$ABILOCK_AGAINST")
fi

markdown="$RUNNER_TEMP/abilock.md"
sarif="$RUNNER_TEMP/abilock.sarif"

status=0
abilock "${options[@]}" --format github || status=$?
# The others say the same, and end the same way.
abilock "${options[@]}" --format markdown >"$markdown" 2>/dev/null || true
abilock "${options[@]}" --format sarif >"$sarif" 2>/dev/null || true

cat "$markdown" >>"$GITHUB_STEP_SUMMARY"
{
    echo "status=$status"
    echo "markdown-file=$markdown"
    echo "sarif-file=$sarif"
} >>"$GITHUB_OUTPUT"
exit "$status"
