"""Managed PostgreSQL services: one row for each kind of host name.

Facts come from the providers' public documentation, read in November 2026. Whether a
provider's privileges are enough for Lamin isn't documented.
"""

import re
from typing import Final, NamedTuple

from lamin_widgets.core.regions import REGIONS, Region

_PRIVILEGES: Final = (
    "Lamin asks for superuser privileges, and doesn't document whether fewer are "
    "enough."
)
_NEW_USER: Final = f"Create a postgres user first, if you can. {_PRIVILEGES}"
_NOT_POSTGRESQL: Final = (
    "isn't PostgreSQL. LaminDB requires PostgreSQL, so use another server."
)


class Provider(NamedTuple):
    """A managed service, recognized by its host names.

    Attributes:
        id: Short id, for example "rds".
        hosts: Pattern that matches the end of a host name in lower case.
        note: A warning before you register, in one to four sentences, or "".
        allow_list_format: The format of the allow-list that fits.
        allow_advice: Instructions for allowing an IP address, in one or two sentences
            with the placeholder ``{port}``.
        edits_pg_hba: Whether users can edit `pg_hba.conf`.
    """

    id: str
    hosts: str
    note: str = ""
    allow_list_format: str = "CIDR"
    allow_advice: str = ""
    edits_pg_hba: bool = False


_AWS: Final = (
    "In the AWS console, add an inbound rule for port {port} to the database's "
    "security group, and set Publicly accessible to Yes."
)
_AZURE: Final = (
    "Under Networking in the Azure portal, add a firewall rule for each IP address."
)
_GOOGLE: Final = (
    "In the Google Cloud console, open the instance's Connections page and its "
    "Networking tab, and add each IP address to the authorized networks."
)
_SUPABASE: Final = (
    "In the Supabase dashboard, check Network Restrictions in the database settings."
)
_NEON: Final = "In the Neon console, check IP Allow in the project settings."

PROVIDERS: Final = (
    Provider(
        "supabase_pooler",
        r"\.pooler\.supabase\.com",
        "The Supabase pooler requires the postgres.<project> user, but Lamin connects "
        "as postgres. Use the direct connection: db.<project>.supabase.co.",
        allow_advice=_SUPABASE,
    ),
    Provider(
        "supabase",
        r"\.supabase\.(co|com|red)",
        f"On Supabase, the postgres user isn't a superuser. {_PRIVILEGES} Direct "
        "connections use IPv6, so Lamin likely needs your project's IPv4 add-on.",
        allow_advice=_SUPABASE,
    ),
    Provider(
        "neon_pooler",
        r"-pooler\.[^/]*\.neon\.(tech|build)",
        "This is Neon's connection pooler. Use a direct connection: remove -pooler "
        "from the host.",
        allow_advice=_NEON,
    ),
    Provider(
        "neon",
        r"\.neon\.(tech|build)",
        "Neon's default user is neondb_owner, but Lamin connects as postgres. Create a "
        "postgres role in the Neon console. Neon reserves the postgres database for "
        "its own use, so Lamin might not be able to use it.",
        allow_advice=_NEON,
    ),
    Provider(
        "rds_proxy",
        r"\.proxy-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?",
        "RDS Proxy is reachable only inside its VPC. Use the endpoint of the database.",
        allow_list_format="AWS",
        allow_advice=_AWS,
    ),
    Provider(
        "rds_reader",
        r"\.cluster-ro-[^.]+\.[^.]+\.rds\.amazonaws\.com(\.cn)?",
        "This is an Aurora reader endpoint, which is read-only. Use the writer "
        "endpoint.",
        allow_list_format="AWS",
        allow_advice=_AWS,
    ),
    Provider(
        "rds",
        r"\.rds\.amazonaws\.com(\.cn)?",
        "Lamin connects as postgres. If the master user has another name, create a "
        "postgres role and grant it rds_superuser. "
        f"{_PRIVILEGES} The database must be publicly accessible.",
        allow_list_format="AWS",
        allow_advice=_AWS,
    ),
    Provider(
        "dsql",
        r"\.dsql\.[^.]+\.on\.aws",
        "Aurora DSQL accepts only IAM tokens, which expire. Lamin needs a password, so "
        "use Aurora PostgreSQL or RDS instead.",
        allow_list_format="AWS",
    ),
    Provider(
        "ec2",
        r"\.compute(-1)?\.amazonaws\.com(\.cn)?",
        allow_list_format="AWS",
        allow_advice="In the AWS console, add an inbound rule for port {port} to the "
        "security group.",
        edits_pg_hba=True,
    ),
    Provider(
        "azure",
        r"\.postgres\.database\.(azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)",
        "On Azure, the administrator has the azure_pg_admin role and a name that you "
        f"chose, but Lamin connects as postgres. {_NEW_USER}",
        allow_list_format="Azure",
        allow_advice=_AZURE,
    ),
    Provider(
        "cosmos",
        r"\.postgres\.cosmos\.azure\.com",
        "On Azure Cosmos DB, only Microsoft can sign in as postgres, so Lamin probably "
        "can't use this server.",
        allow_advice=_AZURE,
    ),
    Provider(
        "cloud_sql",
        r"\.sql(-ps[ac])?\.goog",
        "On Cloud SQL, the postgres user has the cloudsqlsuperuser role and isn't a "
        f"superuser. {_PRIVILEGES} The server needs a public IP address.",
        allow_list_format="Google Cloud",
        allow_advice=_GOOGLE,
    ),
    Provider(
        "alloydb",
        r"\.alloydb(-ps[ac])?\.goog",
        "On AlloyDB, the postgres user has the alloydbsuperuser role and isn't a "
        f"superuser. {_PRIVILEGES} The server needs a public IP address.",
        allow_advice="In the Google Cloud console, edit the instance and add each IP "
        "address under Authorized external networks.",
    ),
    Provider(
        "digitalocean",
        r"\.db\.ondigitalocean\.com",
        "On DigitalOcean, the administrator is doadmin, but Lamin connects as "
        f"postgres. {_NEW_USER}",
        allow_list_format="Addresses",
        allow_advice="In the DigitalOcean control panel, add each IP address to the "
        "database's trusted sources.",
    ),
    Provider(
        "aiven",
        r"\.aivencloud\.com",
        "On Aiven, the administrator is avnadmin, but Lamin connects as postgres. "
        "Create a postgres user first, if you can. Aiven doesn't offer superuser "
        f"privileges. {_PRIVILEGES}",
        allow_advice="In the Aiven console, add each IP address to the service's "
        "allowed IP addresses.",
    ),
    Provider(
        "ovh",
        r"\.database\.cloud\.ovh\.net",
        "On OVHcloud, the administrator is avnadmin, but Lamin connects as postgres. "
        f"{_NEW_USER}",
        allow_advice="In the OVHcloud control panel, add each IP address to the "
        "service's authorized IPs.",
    ),
    Provider(
        "scaleway",
        r"\.rdb\.[^.]+\.scw\.cloud",
        allow_advice="In the Scaleway console, add each IP address to the instance's "
        "allowed IPs.",
    ),
    Provider(
        "timescale",
        r"\.tsdb\.cloud\.timescale\.com",
        "On Tiger Cloud, the administrator is tsdbadmin and the only database is tsdb, "
        "but Lamin requires the postgres user and the postgres database. Lamin "
        "probably can't use this server.",
        allow_advice="In the Tiger Cloud console, check the IP allow list.",
    ),
    Provider(
        "planetscale",
        r"\.horizon\.psdb\.cloud",
        "PlanetScale requires the postgres.<branch> user, but Lamin connects as "
        "postgres, so Lamin probably can't use this server.",
        allow_advice="In PlanetScale, check the IP restrictions of the database.",
    ),
    Provider(
        "crunchy",
        r"\.db\.postgresbridge\.com",
        allow_advice="In Crunchy Bridge, add each IP address to the firewall rules of "
        "the cluster's network.",
    ),
    Provider(
        "render",
        r"-postgres\.render\.com",
        "On Render, the user has the name that you chose, but Lamin connects as "
        f"postgres. {_NEW_USER}",
        allow_advice="In the Render dashboard, add each IP address to the database's "
        "inbound IP rules.",
    ),
    Provider(
        "koyeb",
        r"\.pg\.koyeb\.app",
        f"On Koyeb, the user is koyeb-adm, but Lamin connects as postgres. {_NEW_USER}",
    ),
    Provider(
        "fly",
        r"\.(flympg\.net|flycast|fly\.dev)",
        "Fly.io doesn't expose PostgreSQL to the internet by default. Make the server "
        "public, or Lamin can't reach it.",
    ),
    Provider("railway", r"\.(proxy\.rlwy\.net|railway\.app)"),
    Provider(
        "cockroachdb",
        r"\.cockroachlabs\.cloud",
        f"CockroachDB {_NOT_POSTGRESQL}",
        allow_advice="In the CockroachDB Cloud console, add each IP address to the IP "
        "allowlist.",
    ),
    Provider(
        "yugabytedb",
        r"\.(ybdb\.io|yugabyte\.cloud)",
        f"YugabyteDB {_NOT_POSTGRESQL}",
        allow_advice="In YugabyteDB Aeon, add each IP address to the IP allow list.",
    ),
    Provider(
        "redshift",
        r"\.redshift(-serverless)?\.amazonaws\.com(\.cn)?",
        f"Amazon Redshift {_NOT_POSTGRESQL}",
        allow_list_format="AWS",
        allow_advice=_AWS,
    ),
)
"""Every provider, the more specific host names first."""


def provider_of(host: str) -> Provider | None:
    """Return the managed service that a valid host belongs to, or None."""
    if not host:
        return None
    name = host.lower().rstrip(".")
    # The patterns aren't compiled at import, because that would slow down the display
    # of the form.
    return next((p for p in PROVIDERS if re.fullmatch(f".*{p.hosts}", name)), None)


# Lamin runs in AWS. Map the region names of all clouds to Lamin's region in the same
# place.
_CLOUD_REGIONS: Final = {
    **dict.fromkeys(("us-east-1", "compute-1", "us-east4", "eastus"), "us-east-1"),
    **dict.fromkeys(("eastus2", "virginia-postgres"), "us-east-1"),
    **dict.fromkeys(("us-west-2", "us-west1", "westus2"), "us-west-2"),
    **dict.fromkeys(("oregon-postgres",), "us-west-2"),
    **dict.fromkeys(("eu-central-1", "europe-west3", "gwc"), "eu-central-1"),
    **dict.fromkeys(("germanywestcentral", "frankfurt-postgres"), "eu-central-1"),
    **dict.fromkeys(("eu-west-2", "europe-west2", "uksouth"), "eu-west-2"),
}
_SPELLINGS: Final = "|".join(sorted(_CLOUD_REGIONS, key=len, reverse=True))


def lamin_region(host: str) -> Region | None:
    """Return Lamin's region in the same place as a managed host, or None.

    It's only a suggestion, because a host name can't prove where a server is.
    """
    if provider_of(host) is None:
        return None
    found = re.findall(rf"(?<![^.-])({_SPELLINGS})(?![^.-])", host.lower())
    # The last match counts, because the provider's part is at the end of a host name.
    id_ = _CLOUD_REGIONS[found[-1]] if found else ""
    return next((region for region in REGIONS if region.id == id_), None)
