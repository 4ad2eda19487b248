# The token comes from LAMIN_ACCESS_TOKEN. It reaches curl through a pipe, because
# everybody on this machine can see a process's arguments.
# Signed in with lamin login? This sets the token, and shows it nowhere:
# export LAMIN_ACCESS_TOKEN="$(python -c 'from lamindb_setup import settings; print(settings.user.access_token)' | tail -n 1)"
(
  set -eu
  : "${LAMIN_ACCESS_TOKEN:?set it to your access token for Lamin}"
  printf 'header = "Authorization: Bearer %s"\n' "$LAMIN_ACCESS_TOKEN" |
    curl --disable --config - --globoff --silent --show-error --fail \
      --connect-timeout 5 --max-time 60 --request PUT \
      --url «url»
  # <owner>: the account it belongs to, as in https://lamin.ai/<owner>/<instance>
  printf 'To go on: %s\n' «go_on»
)
