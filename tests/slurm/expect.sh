# Sourced by the tests of this folder: what they say where something is not as it should be.
# shellcheck shell=bash
die() {
  echo "FAILED: $*" >&2
  exit 1
}
expect() { grep -qe "$2" <<<"$1" || die "expected '$2' in: $1"; } # TEXT PATTERN
never() { if grep -qe "$2" <<<"$1"; then die "did not expect '$2' in: $1"; fi; }
