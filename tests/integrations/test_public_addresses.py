"""Where a URL that somebody gave us may lead."""

from __future__ import annotations

import pytest

from integrations.public_addresses import allowed
from integrations.webhooks import checked_url
from kernel.errors import Invalid

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "127.0.0.1", "127.8.9.1", "10.1.1.1", "172.16.0.1", "192.168.1.1", "::1", "fd12::1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "64:ff9b::a00:1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "168.63.129.16", "fd00:ec2::254", "100.100.100.200", "100.64.0.1",
    "::ffff:127.0.0.1", "no address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert allowed(address, private=False)
    assert allowed(address, private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_only_where_a_setting_allows_them(address: str) -> None:
    assert not allowed(address, private=False)
    assert allowed(address, private=True)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_metadata_and_reserved_addresses_never(address: str) -> None:
    assert not allowed(address, private=False)
    assert not allowed(address, private=True)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "scheme"), ("ftp://example.com/", "scheme"), ("javascript:alert(1)", "scheme"),
        ("example.com/hook", "scheme"), ("https://", "malformed"), ("https://exa mple.com/", "malformed"),
        ("https://example.com:99999/", "malformed"), ("https://example.com:0/", "malformed"),
        ("https://user:pw@example.com/", "credentials"),
        ("https://example.com/#a", "fragment"), ("https://127.0.0.1/", "address"), ("https://127.1/", "address"),
        ("https://2130706433/", "address"), ("https://0x7f000001/", "address"), ("https://0177.0.0.1/", "malformed"),
        ("https://[::1]/", "address"), ("https://[::ffff:10.0.0.1]/", "address"), ("https://169.254.169.254/latest", "address"),
        ("https://example.com/" + "a" * 2_000, "malformed"), ("", "scheme"), ("https://example.com\n.evil/", "malformed"),
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_subscribed_is_named(url: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked_url(url, allow_private=False)
    assert [(fault.field, fault.code) for fault in caught.value.fields] == [("url", code)]


@pytest.mark.parametrize("url", ["https://example.com/hook?a=b", "https://example.com:8443/", "https://8.8.8.8/x"])
def test_a_public_https_url_stays_as_it_is(url: str) -> None:
    assert checked_url(url, allow_private=False) == url


def test_with_the_setting_loopback_may_be_subscribed_without_tls_and_metadata_may_not() -> None:
    assert checked_url("http://127.0.0.1:9/x", allow_private=True) == "http://127.0.0.1:9/x"
    for url in ("http://169.254.169.254/", "http://8.8.8.8/"):
        with pytest.raises(Invalid):
            checked_url(url, allow_private=True)
