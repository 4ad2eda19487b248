[ -z "${ZSH_VERSION-}" ] || setopt interactive_comments
# The password comes from PGPASSWORD, or the script asks for it. The token comes from
# LAMIN_ACCESS_TOKEN. Both reach curl through a pipe, because process arguments are
# visible to everyone on this machine. Replies that could repeat the password aren't
# printed.
# To use the account that's signed in on this machine, uncomment the next line. The
# token isn't printed.
# export LAMIN_ACCESS_TOKEN="$(python -c 'from lamindb_setup import settings; print(settings.user.access_token)' | tail -n 1)"
(
  set -eu
  : "${LAMIN_ACCESS_TOKEN:?Set it with the export line above}"
  if [ -z "${PGPASSWORD:-}" ]; then
    printf 'Password for postgres: ' >&2
    trap 'stty echo' EXIT
    stty -echo
    IFS= read -r PGPASSWORD
    printf '\n' >&2
  fi
  encoded=$(printf %s "$PGPASSWORD" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')
  call() {
    curl --disable --config - --globoff --silent --show-error --fail \
      --connect-timeout 5 --max-time 60 --request POST "$@"
  }
  token() { printf 'header = "Authorization: Bearer %s"\n' "$LAMIN_ACCESS_TOKEN"; }

  # 1. Register with Lamin
  {
    token
    printf '%s%s%s\n' «head» "$encoded" «tail»
  } | call --header 'Content-Type: application/json' \
    --output /dev/null --write-out 'Registration: HTTP %{http_code}\n' \
    --url «register»

  # 2. Connect from Lamin
  reply=$(token | call --url «check»)
  printf 'Connection test: %s\n' "$reply" | sed 's#\(://[^:/@]*:\)[^"]*@#\1***@#g'
)
