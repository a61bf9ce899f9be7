"""Addresses of buckets: what they say comes back, and what they may not say is refused without being repeated."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.addresses import BucketAddress
from flows.config import compose
from flows.errors import SettingsError
from flows.store import open_store

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,8}", fullmatch=True)
SECRET = "wJalrXUtnFEMI"


@given(
    bucket=st.from_regex(r"[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]", fullmatch=True),
    prefix=st.lists(NAMES, max_size=3).map("/".join),
    endpoint=st.sampled_from([None, "http://127.0.0.1:9000", "https://s3.example.com", "http://[::1]:9000"]),
    region=st.sampled_from(["us-east-1", "eu-central-1", "auto", "garage"]),
    cache_gb=st.sampled_from([0.0, 0.5, 50.0, 1000.0]),
)
def test_what_an_address_says_comes_back(
    bucket: str, prefix: str, endpoint: str | None, region: str, cache_gb: float
) -> None:
    address = BucketAddress(bucket=bucket, prefix=prefix, endpoint=endpoint, region=region, cache_gb=cache_gb)
    assert BucketAddress.parse(str(address)) == address
    assert pickle.loads(pickle.dumps(address)) == address  # noqa: S301  # our own
    assert str(address).partition("?")[0] == address.name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s3://", "is not the name of a bucket"),
        ("s3://Films", "is not the name of a bucket"),
        ("s3://fi", "is not the name of a bucket"),
        ("s3://films/../other", "store.prefix=../other cannot be used"),
        ("s3://films/a//b", "cannot be used"),
        ("s3://films?endpoint=127.0.0.1:9000", "store.endpoint=127.0.0.1:9000 is not the address of a server"),
        ("s3://films?endpoint=http://127.0.0.1:9000/path", "is not the address of a server"),
        ("s3://films?endpoint=http://127.0.0.1:x", "is not the address of a server"),
        ("s3://films?endpiont=http://127.0.0.1", "did you mean endpoint?"),
        ("s3://films?region=a b", "is not the name of a region"),
        ("s3://films?cache_gb=many", "cache_gb is not a number"),
        ("s3://films?cache_gb=-1", "out of range"),
        ("s3://films?cache_gb=nan", "out of range"),
        ("s3://films?x", "cannot be read"),
        (f"s3://key:{SECRET}@films", "nobody's keys"),
        (f"s3://films?endpoint=https://key:{SECRET}@host", "nobody's keys"),
        (f"s3://films?secret_key={SECRET}", "secret_key is nothing that an address says"),
        (f"s3://films#{SECRET}", "nobody's keys"),
    ],
)
def test_what_it_cannot_be_is_said(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_store(text)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_settings_of_a_bucket_become_one_address() -> None:
    settings = compose(["store=s3", "store.bucket=films", "store.prefix=/team/a/", "store.endpoint=http://127.0.0.1:9"])
    assert settings.settings.store.address == "s3://films/team/a?endpoint=http://127.0.0.1:9"
    more = compose(["store=s3", "store.bucket=films", "store.region=eu-west-1", "store.cache_gb=5"]).settings.store
    assert more.address == "s3://films/wanflow?region=eu-west-1&cache_gb=5"
    again = compose([f"store.address='{more.address}'"]).settings.store
    assert again.address == more.address


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["store=s3"], "store=s3 needs a bucket; name it: store.bucket=NAME"),
        (["store.bucket=films"], "store.bucket=films is for a store in a bucket; write store=s3"),
        (["store.address=/mnt", "store.endpoint=http://x"], "store.endpoint=http://x is for a store in a bucket"),
        (["store=s3", "store.bucket=films", "store.cache_gb=-1"], "store.cache_gb"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(overrides: list[str], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        compose(overrides)
    assert told in str(caught.value)


def test_a_projects_own_store_may_name_its_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "nas.yaml").write_text("address: /mnt/nas\n")
    assert compose(["store=nas"], tmp_path).settings.store.address == "/mnt/nas"
