"""Managed services, recognized by their host names."""

from __future__ import annotations

import pytest

from lamin_widgets.form.allow_list import FORMATS
from lamin_widgets.form.providers import PROVIDERS, lamin_region, provider_of

HOSTS = {
    "aws-0-us-east-1.pooler.supabase.com": ("supabase_pooler", "postgres.<project>"),
    "db.abcdefgh.supabase.co": ("supabase", "isn't a superuser"),
    "ep-x-1.us-east-2.aws.neon.tech": ("neon", "neondb_owner"),
    "ep-x-1-pooler.us-east-2.aws.neon.tech": ("neon_pooler", "direct connection"),
    "ep-x-1-pooler.c-2.us-east-2.aws.neon.tech": ("neon_pooler", "-pooler"),
    "x.abc.us-east-1.rds.amazonaws.com": ("rds", "rds_superuser"),
    "x.cluster-abc.us-east-1.rds.amazonaws.com": ("rds", "publicly accessible"),
    "x.cluster-ro-abc.us-east-1.rds.amazonaws.com": ("rds_reader", "read-only"),
    "x.proxy-abc.us-east-1.rds.amazonaws.com": ("rds_proxy", "inside its VPC"),
    "x.abc.cn-north-1.rds.amazonaws.com.cn": ("rds", "rds_superuser"),
    "abc.dsql.us-east-1.on.aws": ("dsql", "IAM tokens"),
    "ec2-1-2-3-4.compute-1.amazonaws.com": ("ec2", ""),
    "x.postgres.database.azure.com": ("azure", "azure_pg_admin"),
    "c-x.abc.postgres.cosmos.azure.com": ("cosmos", "only Microsoft"),
    "x.abc.us-central1.sql.goog": ("cloud_sql", "cloudsqlsuperuser"),
    "x.abc.us-central1.alloydb-psc.goog": ("alloydb", "alloydbsuperuser"),
    "db-x-do-user-1-0.b.db.ondigitalocean.com": ("digitalocean", "doadmin"),
    "pg-1-x.a.aivencloud.com": ("aiven", "avnadmin"),
    "postgresql-1-2.database.cloud.ovh.net": ("ovh", "avnadmin"),
    "rw-1.rdb.fr-par.scw.cloud": ("scaleway", ""),
    "a.b.tsdb.cloud.timescale.com": ("timescale", "tsdbadmin"),
    "x-useast1-1.horizon.psdb.cloud": ("planetscale", "postgres.<branch>"),
    "p.abc.db.postgresbridge.com": ("crunchy", ""),
    "dpg-x-a.oregon-postgres.render.com": ("render", ""),
    "ep-x.eu-central-1.pg.koyeb.app": ("koyeb", "koyeb-adm"),
    "direct.abc.flympg.net": ("fly", ""),
    "nozomi.proxy.rlwy.net": ("railway", ""),
    "x.aws-us-east-1.cockroachlabs.cloud": ("cockroachdb", "isn't PostgreSQL"),
    "us-west-2.1-2.aws.ybdb.io": ("yugabytedb", "isn't PostgreSQL"),
    "x.abc.us-east-1.redshift.amazonaws.com": ("redshift", "isn't PostgreSQL"),
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.items())
def test_provider_is_recognized_by_its_host_name(host, expected):
    provider = provider_of(f"{host.upper()}.")
    assert provider.id == expected[0]
    assert expected[1] in provider.note
    assert provider_of(f"{host}.example.org") is None


@pytest.mark.parametrize(
    "host",
    ["db.example.org", "1.1.1.1", "", "supabase.co", "amazonaws.com"],
)
def test_other_host_has_no_provider(host):
    assert provider_of(host) is None


def test_every_provider_has_a_host_in_these_tests():
    assert {id_ for id_, _ in HOSTS.values()} == {provider.id for provider in PROVIDERS}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.id)
def test_provider_has_complete_texts(provider):
    assert provider.allow_list_format in FORMATS
    for text in (provider.note, provider.allow_advice):
        assert not text or text.endswith(".")
    assert "{" not in provider.allow_advice.format(port=5432)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("x.abc.us-west-2.rds.amazonaws.com", "us-west-2"),
        ("oregon-db.abc.eu-west-2.rds.amazonaws.com", "eu-west-2"),
        ("from-us-east-1.abc.eu-central-1.rds.amazonaws.com", "eu-central-1"),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", "us-east-1"),
        ("aws-0-us-east-1.pooler.supabase.com", "us-east-1"),
        ("x.abc.europe-west3.sql.goog", "eu-central-1"),
        ("dpg-x-a.frankfurt-postgres.render.com", "eu-central-1"),
        ("x.aws-us-west-2.cockroachlabs.cloud", "us-west-2"),
        ("ep-x.eastus2.azure.neon.tech", "us-east-1"),
        *(
            (host, None)
            for host in (
                *("x.abc.eu-west-1.rds.amazonaws.com", "x.postgres.database.azure.com"),
                *("us-east-1.example.org", "x.abc.us-east-10.rds.amazonaws.com", ""),
            )
        ),
    ],
)
def test_region_of_a_managed_host_is_suggested(host, region):
    found = lamin_region(host)
    assert (found and found.id) == region
