#!/bin/sh
# Name every tool of tools/required.txt that this machine lacks, and how to get it; fail if there is one.
# With --packages: print the Debian packages of those that are missing, and succeed.
set -eu

cd "$(dirname "$0")"
missing=''
packages=''
while IFS='|' read -r name probe package otherwise; do
    name=$(echo $name) package=$(echo $package) otherwise=$(echo $otherwise)
    case $name in '' | '#'*) continue ;; esac
    if sh -c "$probe" </dev/null >/dev/null 2>&1; then continue; fi
    packages="$packages $package"
    missing="$missing
  $name: apt-get install $package${otherwise:+, or $otherwise}"
done <required.txt

if [ "${1-}" = --packages ]; then
    echo $packages
elif [ -n "$missing" ]; then
    echo "The whole test suite needs tools that are not here:$missing" >&2
    echo "All at once, on Debian: sudo apt-get install --no-install-recommends$packages" >&2
    echo "\`make test\` needs no more than a C compiler." >&2
    exit 1
fi
