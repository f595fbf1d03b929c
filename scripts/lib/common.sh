# Sourced by the scripts beside this folder: how they speak, and where the checkout is.
# shellcheck shell=bash

# Children must not depend on the caller's language: their output is read.
export LC_ALL=C.UTF-8

# shellcheck disable=SC2034  # the scripts that source this use it
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=$(basename "$0")

# What is about to happen, and why.
say() { printf '%s\n' "$*"; }

# A heading before a step.
heading() { printf '\n== %s\n' "$*"; }

# Ends the script with one sentence on standard error.
fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

# A script that is interrupted ends, and with it its EXIT trap runs; without this bash goes on when
# the child that was interrupted has ended in an orderly way.
trap 'exit 130' INT
trap 'exit 143' TERM HUP
