[ -z "${ZSH_VERSION-}" ] || setopt interactive_comments
# The token comes from LAMIN_ACCESS_TOKEN. It reaches curl through a pipe, because
# process arguments are visible to everyone on this machine.
# To use the account that's signed in on this machine, uncomment the next line. The
# token isn't printed.
# export LAMIN_ACCESS_TOKEN="$(python -c 'from lamindb_setup import settings; print(settings.user.access_token)' | tail -n 1)"
(
  set -eu
  : "${LAMIN_ACCESS_TOKEN:?Set it with the export line above}"
  printf 'header = "Authorization: Bearer %s"\n' "$LAMIN_ACCESS_TOKEN" |
    curl --disable --config - --globoff --silent --show-error --fail \
      --connect-timeout 5 --max-time 60 --request PUT \
      --output /dev/null --write-out 'Instance: HTTP %{http_code}\n' \
      --url «url»
  # <owner> is the account that owns the instance: https://lamin.ai/<owner>/<instance>
  printf 'Next: %s\n' «connect»
)
