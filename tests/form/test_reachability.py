"""Hosts and addresses that Lamin's cloud can't reach."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamin_widgets.form.reachability import private_reason

NAMES = {
    "localhost": "loopback",
    "db.localhost": "loopback",
    "LOCALHOST.": "loopback",
    "localhost.localdomain": "loopback",
    "dbserver": "only resolves on a local network",
    "dpg-abc123-a": "only resolves on a local network",
    **dict.fromkeys(
        (
            *("db.local", "db.internal", "nas.lan", "DB.LOCAL.", "db.home.arpa"),
            *("db.corp", "db.intranet", "db.private", "db.test", "pg.railway.internal"),
            *("ip-10-0-0-5.ec2.internal", "host.docker.internal", "db.c.p.internal"),
        ),
        "a private network name",
    ),
    **dict.fromkeys(
        ("x.namespace.svc", "x.svc.cluster.local", "x.ns.svc.k8s.example.org"),
        "a Kubernetes name",
    ),
    **dict.fromkeys(
        ("x.flycast", "top1.nearest.of.x.internal", "direct.abc.flympg.net"), ""
    ),
    "x.tail1234.ts.net": "Tailscale",
    "db.netbird.cloud": "NetBird",
    "x.consul": "Consul",
    "db.service.dc1.consul": "Consul",
    "private-x.db.ondigitalocean.com": "DigitalOcean VPC",
    "private-eu-1.horizon.psdb.cloud": "PlanetScale",
    "x.privatelink.postgres.database.azure.com": "Azure private",
    "x.private.postgres.database.azure.com": "Azure private",
    "x.privatelink.postgres.cosmos.azure.com": "Azure private",
    "x.proxy-abc.us-east-1.rds.amazonaws.com": "RDS Proxy",
    "ro.endpoint.proxy-abc.us-east-1.rds.amazonaws.com": "RDS Proxy",
    "vpce-1.rds.us-east-1.vpce.amazonaws.com": "PrivateLink",
    "a.b.europe-west3.sql-psc.goog": "Google Cloud private",
    "a.b.europe-west3.sql-psa.goog": "Google Cloud private",
    "a.b.us-east1.alloydb-psc.goog": "Google Cloud private",
    "x.private.databases.appdomain.cloud": "IBM Cloud",
    "x.onion": "Tor",
    "x.invalid": "reserved",
}
PUBLIC_NAMES = [
    *("db.example.org", "bücher.example", "local.example.org", "svc.example.org"),
    *("internal.example.org", "private.example.org", "x.proxy.rlwy.net", "ts.net.org"),
    *("x.abc.us-east-1.rds.amazonaws.com", "proxy-x.abc.us-east-1.rds.amazonaws.com"),
    *("x.postgres.database.azure.com", "privatelink-x.postgres.database.azure.com"),
    *("db-private.db.ondigitalocean.com", "x.b.db.ondigitalocean.com", "x.fly.dev"),
    *("a.b.europe-west3.sql.goog", "x.horizon.psdb.cloud", "consul.example.org"),
    *("x.databases.appdomain.cloud", "dpg-a.oregon-postgres.render.com"),
]
ADDRESSES = {
    **dict.fromkeys(("127.0.0.1", "::1", "0.0.0.0", "[::1]", "::"), "loopback"),
    **dict.fromkeys(("169.254.1.1", "fe80::1%eth0", "febf::1"), "link-local"),
    **dict.fromkeys(("10.1.2.3", "192.168.1.1", "172.16.0.1"), "a private address"),
    **dict.fromkeys(("fd00::1", "fc00::1", "fec0::1"), "a private address"),
    **dict.fromkeys(("100.64.0.1", "100.127.255.255"), "shared address"),
    **dict.fromkeys(("::ffff:10.0.0.1", "64:ff9b::a00:1"), "a private address"),
    **dict.fromkeys(
        ("2002:a00:1::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe"), "private"
    ),
    **dict.fromkeys(("192.0.2.7", "2001:db8::7", "203.0.113.1"), "documentation"),
    **dict.fromkeys(("224.0.0.1", "ff02::1"), "multicast"),
    **dict.fromkeys(("240.0.0.1", "255.255.255.255"), ""),
}
PUBLIC_ADDRESSES = [
    *("1.1.1.1", "8.8.8.8", "54.157.171.81", "100.63.0.1", "172.32.0.1", "11.0.0.1"),
    *("2606:4700::1111", "[2606:4700::1111]", "64:ff9b::101:101", "2002:101:101::1"),
    *("::ffff:1.1.1.1", "db.example.org"),
]


@pytest.mark.parametrize(("host", "reason"), (NAMES | ADDRESSES).items())
def test_private_host_is_reported_with_its_reason(host, reason):
    found = private_reason(host)
    assert found
    assert reason in found


@pytest.mark.parametrize("host", [*PUBLIC_NAMES, *PUBLIC_ADDRESSES])
def test_public_host_is_reachable(host):
    assert private_reason(host) == ""


@settings(max_examples=80)
@given(st.ip_addresses())
def test_reachability_agrees_with_the_registry_of_addresses(address):
    if isinstance(address, ipaddress.IPv4Address) or address in _UNICAST:
        assert (private_reason(str(address)) == "") == (
            address.is_global and not address.is_multicast
        )


_UNICAST = ipaddress.ip_network("2400::/6")
