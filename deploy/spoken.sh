# shellcheck shell=bash
# Sourced by the scripts that an operator types: they speak DEPLOY_LANG (ja, otherwise English).

# words ENGLISH JAPANESE: the one of the two that the operator reads.
words() {
  if [ "${DEPLOY_LANG:-en}" = ja ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

# print_help FILE: the comment at its top; what stands behind the line "# ---" is its Japanese twin.
print_help() {
  awk -v ja="$(words 0 1)" 'NR > 1 && !/^#/ { exit } /^# ---$/ { behind = 1; next }
    NR > 1 && behind + 0 == ja + 0 { sub(/^# ?/, ""); print }' "$1"
}
