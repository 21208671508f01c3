#!/bin/sh
# Makes the Python environment of the tests: make-environment.sh DIRECTORY
# An interrupted attempt leaves nothing that looks complete.
set -eu
directory=$1
rm -rf "$directory" "$directory.new"
python3 -m venv "$directory.new"
"$directory.new/bin/python3" -m pip install --quiet --disable-pip-version-check --requirement "$(dirname "$0")/../../requirements.txt"
mv "$directory.new" "$directory"
"$directory/bin/python3" -c 'import cent, centrifuge'
