#!/usr/bin/env bash
# prepare.sh [FOLDER]: an environment for each application of tests/apps, with the versions of pins/, in FOLDER
# (else $REKEY_APPS, else /tmp/rekey-apps). Takes a minute and 1.3 GB. To move to other versions: install them there by
# hand, and pip freeze > pins/NAME.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${REKEY_APPS:-/tmp/rekey-apps}}
for pins in "$here"/pins/*.txt
do
    name=$(basename "$pins" .txt)
    [ -x "$folder/$name/bin/python" ] || python3 -m venv "$folder/$name"
    "$folder/$name/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pins"
done
echo "export REKEY_APPS=$folder"
