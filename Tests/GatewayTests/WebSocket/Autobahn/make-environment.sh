#!/bin/sh
# Makes the environment of the Autobahn Testsuite, which only runs on Python 2.7: make-environment.sh DIRECTORY
# An interrupted attempt leaves nothing that looks complete.
set -eu
directory=$1

# The first that really is one: there are names on the PATH that lead nowhere.
python2=
for candidate in "${ANTEROOM_PYTHON2:-}" python2.7 python2 "$(pyenv root 2>/dev/null || true)"/versions/2.7.*/bin/python2.7; do
    [ -n "$candidate" ] || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null || continue
    python2=$("$candidate" -c 'import sys; print(sys.executable)')
    break
done
[ -n "$python2" ] || { echo "no Python 2.7 here" >&2; exit 69; }

rm -rf "$directory" "$directory.new" "$directory.maker"
trap 'rm -rf "$directory.new" "$directory.maker"' EXIT
python3 -m venv "$directory.maker"
# The last that can make environments of Python 2.7.
"$directory.maker/bin/python3" -m pip install --quiet --disable-pip-version-check 'virtualenv==20.21.1'
# The programs in it name their interpreter by its path: it is made where it stays, and marked when it is whole.
"$directory.maker/bin/python3" -m virtualenv --quiet --python "$python2" "$directory"
"$directory/bin/pip" install --quiet --disable-pip-version-check autobahntestsuite==25.10.1
"$directory/bin/wstest" --autobahnversion >/dev/null
touch "$directory/complete"
