#!/usr/bin/env bash
# The judge shares no code with the accused: reference/ includes itself, harness/core and harness/graph, nothing else of the project.
set -euo pipefail
cd "$1"

includes=$(grep -rhoE '#include "[^"]+"' reference --include='*.?pp')
[ -n "$includes" ] || { echo "found no includes in reference/: the test looks in the wrong place"; exit 1; }
if foreign=$(grep -vE '"(reference|harness/core|harness/graph)/' <<<"$includes"); then
  echo "reference/ includes code that it judges:"
  echo "$foreign"
  exit 1
fi
