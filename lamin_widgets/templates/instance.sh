# The token comes from LAMIN_ACCESS_TOKEN. It reaches curl through a pipe, because
# everybody on this machine can see a process's arguments.
(
  set -eu
  : "${LAMIN_ACCESS_TOKEN:?set it to your access token for Lamin}"
  printf 'header = "Authorization: Bearer %s"\n' "$LAMIN_ACCESS_TOKEN" |
    curl --disable --config - --globoff --silent --show-error --fail \
      --connect-timeout 5 --max-time 60 --request PUT \
      --url «url»
)
