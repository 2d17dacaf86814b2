#!/bin/sh
# Name every tool of tools/required.txt that this machine lacks, and how to get it; fail if there is one.
# With --packages: print the Debian packages of those that are missing, and succeed.
# With names of tools: ask for these only.
set -eu

cd "$(dirname "$0")"
missing=''
packages=''
while IFS='|' read -r name probe package otherwise; do
    name=$(echo $name) package=$(echo $package) otherwise=$(echo $otherwise)
    case $name in '' | '#'*) continue ;; esac
    case "${1---packages} $* " in --packages* | *" $name "*) ;; *) continue ;; esac
    if sh -c "$probe" </dev/null >/dev/null 2>&1; then continue; fi
    packages="$packages $package"
    missing="$missing
  $name: apt-get install $package${otherwise:+, or $otherwise}"
done <required.txt

if [ "${1-}" = --packages ]; then
    echo $packages
elif [ -n "$missing" ]; then
    if [ $# -gt 0 ]; then whole='This'; else whole='The whole test suite'; fi
    echo "$whole needs tools that are not here:$missing" >&2
    echo "All at once, on Debian: sudo apt-get install --no-install-recommends$packages" >&2
    echo "\`make test\` needs no more than a C compiler." >&2
    exit 1
fi
