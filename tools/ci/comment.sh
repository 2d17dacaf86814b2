#!/usr/bin/env bash
# The comment on a pull request: one, which every run writes anew. None is begun where there is nothing to
# report; one that is there then says so.
set -euo pipefail

comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
ours='.[] | select(.user.type == "Bot" and (.body | startswith("<!-- abilock -->"))) | .id'

write() {
    gh api --silent --method "$1" "$2" --field "body=@$ABILOCK_MARKDOWN"
}

comment() {
    local id
    id="$(gh api --paginate "$comments" --jq "$ours" | head -n 1)" || return
    if [ -n "$id" ]; then
        write PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id"
    elif [ "$ABILOCK_STATUS" != 0 ]; then
        write POST "$comments"
    fi
}

# Runs for pull requests of forks may read only; the summary of the job says the same.
comment || echo "::warning title=abilock::the comment could not be written; the summary of this job has it"
