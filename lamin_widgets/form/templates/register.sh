# The password comes from PGPASSWORD or is asked for, the token from
# LAMIN_ACCESS_TOKEN. Both reach curl through a pipe, because everybody on this
# machine can see a process's arguments. Replies are not shown where they could echo
# the password.
# The token of whoever is signed in with lamin login (take the # away); it is not shown.
# export LAMIN_ACCESS_TOKEN="$(python -c 'from lamindb_setup import settings; print(settings.user.access_token)' | tail -n 1)"
(
  set -eu
  : "${LAMIN_ACCESS_TOKEN:?set it first, with the line that begins with export}"
  if [ -z "${PGPASSWORD:-}" ]; then
    printf 'Password of postgres: ' >&2
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

  # 1. Register the database server
  {
    token
    printf '%s%s%s\n' «head» "$encoded" «tail»
  } | call --header 'Content-Type: application/json' \
    --output /dev/null --write-out 'Registration: HTTP %{http_code}\n' \
    --url «register»

  # 2. Test the connection
  reply=$(token | call --url «check»)
  printf 'Connection test: %s\n' "$reply" | sed 's#\(://[^:/@]*:\)[^"]*@#\1***@#g'
)
