"""Failures of the account, of the Lamin API, and of the network path to them.

`{sentence}` and `{reason}` quote the other side, after `redaction.safe_text`.
`{no_effect}` is a sentence such as "Nothing was sent." if the call had no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lamin_widgets.core.failures.failure import Failure, in_layer, program, setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamin_widgets.core.failures.failure import Place

ApiCause: TypeAlias = Literal[
    "account_changed",
    "api_certificate",
    "api_certificate_expired",
    "api_certificate_host",
    "api_certificate_refused",
    "api_key_expired",
    "api_key_rejected",
    "api_name_unknown",
    "api_no_answer",
    "api_proxy",
    "api_refused",
    "api_tls",
    "api_unreachable",
    "ca_bundle_unreadable",
    "connection_lost",
    "endpoint_not_found",
    "field_rejected",
    "forbidden",
    "hub_certificate",
    "hub_insecure",
    "hub_misconfigured",
    "hub_unreachable",
    "instance_forbidden",
    "instance_name_taken",
    "instances_not_supported",
    "name_taken",
    "not_registered",
    "not_signed_in",
    "organization_required",
    "proxy_login",
    "proxy_malformed",
    "proxy_needs_socks",
    "proxy_unreachable",
    "rate_limited",
    "redirected",
    "registration_not_offered",
    "request_rejected",
    "server_error",
    "settings_not_writable",
    "sign_in_failed",
    "token_rejected",
    "unavailable",
    "unreadable_reply",
]

_SIGN_IN: Final[Mapping[Place, str]] = {
    "cell": "import getpass, lamindb_setup\n"
    'lamindb_setup.login(api_key=getpass.getpass("API key: "))',
    "shell": "pip install lamin_cli && lamin login",
}
_INIT: Final = """\
import getpass, lamindb_setup, urllib.parse
password = urllib.parse.quote(getpass.getpass("Password: "), safe="")
server = f"postgres:{{password}}@{host}:{port}"
lamindb_setup.init(storage="<storage>", db=f"postgresql://{{server}}/postgres")"""
_INSTANCE: Final[Mapping[Place, str]] = {
    "cell": f"%pip install lamindb\n{_INIT}",
    "shell": f"pip install lamindb && python -c '\n{_INIT}'",
}
_USE_PROXY: Final = setting("HTTPS_PROXY=http://proxy.example.org:3128")
_PROXY_PASSWORD: Final[Mapping[Place, str]] = {
    "cell": "import getpass, os, urllib.parse\n"
    'password = urllib.parse.quote(getpass.getpass("Proxy password: "), safe="")\n'
    'proxy = f"http://<user>:{{password}}@<proxy-host>:<port>"\n'
    'os.environ["{proxy_variable}"] = proxy',
    "shell": "password=$(python -c 'import getpass, urllib.parse; "
    'print(urllib.parse.quote(getpass.getpass("Proxy password: "), safe=""))\')\n'
    'export {proxy_variable}="http://<user>:$password@<proxy-host>:<port>"',
}

_ACCOUNT: Final = in_layer(
    "account",
    Failure(
        "not_signed_in",
        "You're not signed in to Lamin.",
        "Enter an API key from lamin.ai/settings, set LAMIN_API_KEY, or run the "
        "command below. Then try again. Nothing was sent.",
        at=("api_key", "Sign in first"),
        commands=_SIGN_IN,
        follow_ups=("sign-in",),
        when="No user is signed in, and LAMIN_API_KEY isn't set.",
    ),
    Failure(
        "token_rejected",
        "Your sign-in has expired or was revoked.",
        "Sign in again, with an API key from lamin.ai/settings. Lamin saved nothing.",
        at=("api_key", "Sign in again"),
        commands=_SIGN_IN,
        follow_ups=("sign-in",),
        when="The API returns 401, even after a renewal of the access token.",
    ),
    Failure(
        "api_key_rejected",
        "Lamin doesn't recognize this API key.",
        "Copy the full key from lamin.ai/settings and try again.",
        at=("api_key", "Key not recognized"),
        follow_ups=("sign-in",),
        when="LaminHub reports that the API key is wrong or doesn't exist.",
    ),
    Failure(
        "api_key_expired",
        "This API key has expired.",
        "Create a new key at lamin.ai/settings and sign in with it.",
        at=("api_key", "Key has expired"),
        follow_ups=("sign-in",),
        when="LaminHub reports that the API key has expired.",
    ),
    Failure(
        "sign_in_failed",
        "Signing in to Lamin failed.",
        "The sign-in service reported: “{reason}”. Try again in a moment. If it fails "
        "again, create a new API key at lamin.ai/settings. {no_effect}",
        transient=True,
        when="LaminHub or lamindb_setup reports another error.",
    ),
    Failure(
        "hub_unreachable",
        "Can't reach Lamin's sign-in service.",
        "Check your network and VPN, then try again. If your network requires a proxy, "
        "replace the URL in the command below and run it first. {no_effect}",
        commands=_USE_PROXY,
        transient=True,
        when="LaminHub doesn't reply when you sign in, or when the access token is "
        "renewed.",
    ),
    Failure(
        "hub_certificate",
        "The certificate for Lamin's sign-in service isn't trusted.",
        "OpenSSL reported: “{reason}”. If your organization inspects TLS traffic, ask "
        "IT for its CA certificate, run the command below with its path, and try "
        "again. The API key wasn't sent.",
        commands=setting("SSL_CERT_FILE=/path/to/company-ca.pem"),
        when="The certificate comes from TLS inspection, or isn't trusted for another "
        "reason.",
    ),
    Failure(
        "hub_insecure",
        "The sign-in service must use https.",
        "LAMIN_ENV={environment} selects the URL in SUPABASE_API_URL, which uses "
        "http. Your API key would be sent there unencrypted. Set an https URL, or "
        "reset LAMIN_ENV with the command below. To allow http to a service on this "
        "machine, add its host to NO_PROXY. The API key wasn't sent.",
        commands={"cell": "%env LAMIN_ENV=prod", "shell": "unset LAMIN_ENV"},
        when="SUPABASE_API_URL uses http, and either it's on another machine, or a "
        "proxy could get the requests.",
    ),
    Failure(
        "hub_misconfigured",
        "The URL of the sign-in service is missing or isn't valid.",
        "LAMIN_ENV={environment} requires SUPABASE_API_URL and SUPABASE_ANON_KEY. Set "
        "both, or reset LAMIN_ENV with the command below. The API key wasn't sent.",
        commands={"cell": "%env LAMIN_ENV=prod", "shell": "unset LAMIN_ENV"},
        when="LAMIN_ENV selects another sign-in service, and the variables with its "
        "URL and key aren't set.",
    ),
    Failure(
        "settings_not_writable",
        "Can't write to the settings folder.",
        "Set LAMIN_API_KEY, which signs you in without storing anything. Or make "
        "{folder} writable, or set LAMIN_SETTINGS_DIR with the command below before "
        "you start Jupyter or Python. {no_effect}",
        commands={"shell": "export LAMIN_SETTINGS_DIR=/path/to/a/writable/folder"},
        when="lamindb_setup can't read or write its settings.",
    ),
)

_API: Final = in_layer(
    "api",
    Failure(
        "forbidden",
        "Your account doesn't have permission to do this.",
        "You're probably not an admin or manager of the organization. Ask one of its "
        "admins to register this server or to change your role. Lamin saved nothing.",
        when="The API returns 403.",
    ),
    Failure(
        "instance_forbidden",
        "You can't create an instance for this owner.",
        "The owner might be an organization that you don't manage, or might have "
        "reached its instance quota. Choose another owner, or ask an admin of the "
        "organization. Lamin saved nothing.",
        at=("account_id", "Not allowed"),
        when="The API returns 403 for a new instance.",
    ),
    Failure(
        "name_taken",
        "A server named {name} is already registered.",
        "Choose another name. If it's your server, test the connection instead. Lamin "
        "saved nothing.",
        at=("name", "Already registered"),
        follow_ups=("change-name", "test"),
        when="The API returns 409, or another 4xx with a message that the name exists.",
    ),
    Failure(
        "instance_name_taken",
        "An instance named {instance} already exists.",
        "Choose another name, or connect to the existing instance with the command "
        "below. Replace <owner> with the account that owns it. Lamin saved nothing.",
        at=("instance_name", "Already exists"),
        commands=program("pip install lamindb && lamin connect '<owner>/{instance}'"),
        when="The API returns 409, or another 4xx with a message that the name exists.",
    ),
    Failure(
        "not_registered",
        "Lamin doesn't have a server named {name}.",
        "Check the spelling, or register the server first.{near}",
        at=("name", "Not registered"),
        follow_ups=("register", "change-name"),
        when="The API returns 404 with a message about the server.",
    ),
    Failure(
        "endpoint_not_found",
        "{api_url} isn't a Lamin API URL.",
        "A server responded, but it doesn't support this request. Enter one of "
        "Lamin's API URLs: {published}. Lamin saved nothing.",
        at=("api_url", "Not a Lamin API"),
        follow_ups=("use-region-api",),
        when="The API returns 405, or 404 for every variant of the path.",
    ),
    Failure(
        "registration_not_offered",
        "This API can't register database servers.",
        "Try your region's own API URL first. If that doesn't help, ask Lamin whether "
        "this feature is enabled for your organization. Without it, run the code below "
        "to create a LaminDB instance on your server. The code asks for the password. "
        "Replace <storage> with your storage location. Lamin saved nothing.",
        at=("api_url", "Registration not offered"),
        follow_ups=("use-region-api",),
        commands=_INSTANCE,
        when="One of Lamin's own APIs returns 404 for the routes of database servers.",
    ),
    Failure(
        "instances_not_supported",
        "This API can't create instances.",
        "Run the code below instead, which asks for the password. Replace each part in "
        "angle brackets. Lamin saved nothing.",
        commands=_INSTANCE,
        when="The API returns 404 for the unknown route PUT /instances.",
    ),
    Failure(
        "field_rejected",
        "Lamin rejected this value.",
        "The API reported: “{sentence}”. Correct the value and try again. Lamin saved "
        "nothing.",
        at=(None, "Rejected by Lamin"),
        when="The API returns 422, or a message that a value is wrong.",
    ),
    Failure(
        "request_rejected",
        "Lamin rejected the request.",
        "The API reported: “{sentence}”. If you don't know how to fix this, send the "
        "sentence to Lamin support. Lamin saved nothing.",
        when="The API returns another 4xx.",
    ),
    Failure(
        "organization_required",
        "This API requires an organization ID.",
        "Ask an admin of your organization for its UUID, and enter it. In Python, pass "
        "organization_id. Lamin saved nothing.",
        at=("organization_id", "Required by this API"),
        when="The API returns 422 for a missing organization ID.",
    ),
    Failure(
        "rate_limited",
        "Too many requests to Lamin's API.",
        "Try again {again}. Lamin saved nothing.",
        transient=True,
        when="The API returns 429.",
    ),
    Failure(
        "server_error",
        "Lamin's API failed (HTTP {status}).",
        "{next}",
        transient=True,
        may_have_taken_effect=True,
        when="The API returns 500 or a rarer 5xx.",
    ),
    Failure(
        "unavailable",
        "Lamin's API is temporarily unavailable (HTTP {status}).",
        "{next}",
        transient=True,
        may_have_taken_effect=True,
        when="The API returns 502, 503, or 504. A check is tried three times.",
    ),
    Failure(
        "account_changed",
        "Another user has signed in on this machine.",
        "The form shows the new account. Check it, and try again. {no_effect}",
        when="Another form or program has signed in as another user since the form "
        "looked up the account.",
    ),
    Failure(
        "unreadable_reply",
        "Lamin's API sent an unexpected reply.",
        "See Details for the reply. If it's a web page, a proxy, VPN, or firewall "
        "probably intercepted the request. Sign in to it in your browser, or ask IT to "
        "allow {api_host}. {next}",
        may_have_taken_effect=True,
        undecided=True,
        when="The reply is a web page (also with 401, 403, or 409), broken JSON, or a "
        "body without a clear result, contradicts its status, or has another 2xx than "
        "200, 201, and 204.",
    ),
    Failure(
        "redirected",
        "The API URL redirects to another URL.",
        "To protect your password, lamin_widgets didn't follow the redirect to "
        "{location}. Only the original URL got the request. If you trust the other "
        "URL, enter it as the API URL.",
        at=("api_url", "Redirects elsewhere"),
        when="The API returns 301, 302, 303, 307, or 308.",
    ),
)

_API_HOST: Final = in_layer(
    "api-host",
    Failure(
        "api_name_unknown",
        "Can't find the host {api_host}.",
        "Check the API URL and your network. Lamin's API URLs: {published}. "
        "{no_effect}",
        at=("api_url", "Host not found"),
        transient=True,
        when="The name of the API's host can't be resolved.",
    ),
    Failure(
        "api_refused",
        "{api_host} refused the connection.",
        "Check the API URL, your VPN, and your proxy settings. {no_effect}",
        at=("api_url", "Connection refused"),
        transient=True,
        when="The port of the API is closed.",
    ),
    Failure(
        "api_unreachable",
        "Can't reach {api_host}.",
        "The connection failed: “{reason}”. Check your network and VPN. If your "
        "network requires a proxy, replace the URL in the command below, run it, and "
        "try again. {no_effect}",
        commands=_USE_PROXY,
        transient=True,
        when="The connection times out, there's no route, or connecting fails "
        "otherwise.",
    ),
    Failure(
        "api_no_answer",
        "Lamin's API didn't respond within {seconds} s.",
        "{next} {no_effect}",
        transient=True,
        may_have_taken_effect=True,
        when="The API accepts the connection and doesn't reply in time.",
    ),
    Failure(
        "connection_lost",
        "The connection to Lamin's API was interrupted.",
        "{next} {no_effect}",
        transient=True,
        may_have_taken_effect=True,
        when="The connection closes before the end of the reply.",
    ),
    Failure(
        "api_tls",
        "The TLS connection to {api_host} failed.",
        "OpenSSL reported: “{reason}”. Check the host and the port in the API URL. The "
        "server might not use TLS on this port, or might use only old versions. "
        "{no_effect}",
        at=("api_url", "TLS failed"),
        when="TLS fails for a reason other than the certificate.",
    ),
    Failure(
        "api_certificate",
        "The certificate for {api_host} isn't trusted.",
        "OpenSSL reported: “{reason}”. Check the API URL. If your organization "
        "inspects TLS traffic, ask IT for its CA certificate, run the command below "
        "with its path, and try again.{bundle} {no_effect}",
        at=("api_url", "Certificate not trusted"),
        commands=setting("REQUESTS_CA_BUNDLE=/path/to/company-ca.pem"),
        when="The certificate is self-signed, or comes from an unknown authority.",
    ),
    Failure(
        "api_certificate_host",
        "The certificate isn't for {api_host}.",
        "OpenSSL reported: “{reason}”. Check the host name in the API URL. {no_effect}",
        at=("api_url", "Certificate for another host"),
        when="The certificate is for another host name.",
    ),
    Failure(
        "api_certificate_expired",
        "The certificate for {api_host} isn't valid at this time.",
        "OpenSSL reported: “{reason}”. Check this machine's clock. If it's right, ask "
        "the API's operator to renew the certificate. {no_effect}",
        at=("api_url", "Certificate not valid now"),
        when="The certificate has expired, or isn't valid yet.",
    ),
    Failure(
        "api_certificate_refused",
        "OpenSSL doesn't accept the certificate for {api_host}.",
        "OpenSSL reported: “{reason}”. The certificate or its CA is faulty, so "
        "trusting the CA doesn't help. Send OpenSSL's message to the API's operator, "
        "or to IT if your organization inspects TLS traffic. {no_effect}",
        at=("api_url", "Certificate not accepted"),
        when="OpenSSL rejects the certificate or its CA, although the CA is trusted.",
    ),
    Failure(
        "ca_bundle_unreadable",
        "Can't read the CA certificates in {bundle_variable}.",
        "The variable must be the path of a file with certificates in PEM format. "
        "Correct it with the command below, or unset it, then try again. {no_effect}",
        commands=setting("{bundle_variable}=/path/to/company-ca.pem"),
        when="The file in REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, or SSL_CERT_FILE is "
        "missing or has no certificates.",
    ),
)
_PROXY: Final = in_layer(
    "proxy",
    Failure(
        "api_proxy",
        "The proxy didn't connect to {api_host}.",
        "The connection through {proxy_variable} failed: “{reason}”. Ask IT to allow "
        "{api_host}, or add the host to NO_PROXY. {no_effect}",
        when="The proxy replies with an error, such as 403, or closes the connection.",
    ),
    Failure(
        "proxy_unreachable",
        "Can't reach the proxy in {proxy_variable}.",
        "Check the proxy's host and port, and your VPN. If {api_host} doesn't need a "
        "proxy, add the host to NO_PROXY. {no_effect}",
        transient=True,
        when="The proxy's host isn't found, refuses the connection, or doesn't "
        "respond.",
    ),
    Failure(
        "proxy_login",
        "The proxy requires a user name and a password.",
        "Check both in {proxy_variable}, or set them with the code below, which asks "
        "for the password and encodes it. Then try again. {no_effect}",
        commands=_PROXY_PASSWORD,
        when="The proxy returns 407, or rejects the login.",
    ),
    Failure(
        "proxy_malformed",
        "{proxy_variable} isn't a valid proxy URL.",
        "Check its scheme and host, and percent-encode special characters in its "
        "password. The code below asks for the password and encodes it. {no_effect}",
        commands=_PROXY_PASSWORD,
        when="The proxy's URL has an unknown scheme, a path, or no host.",
    ),
    Failure(
        "proxy_needs_socks",
        "SOCKS proxies require two more packages.",
        "{proxy_variable} sets a SOCKS proxy. Run the command below and try again. "
        "{no_effect}",
        commands={
            "cell": "%pip install pysocks socksio",
            "shell": "pip install pysocks socksio",
        },
        when="A SOCKS proxy is set, and PySocks or socksio isn't installed.",
    ),
)

API: Final = (*_ACCOUNT, *_API, *_API_HOST, *_PROXY)
