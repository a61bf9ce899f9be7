"""Whose requests they are: credentials from the environment, from the usual files, or of the machine."""

from __future__ import annotations

import configparser
import os

import urllib3
from minio.credentials.credentials import Credentials
from minio.credentials.providers import (
    AWSConfigProvider,
    ChainedProvider,
    EnvAWSProvider,
    EnvMinioProvider,
    IamAwsProvider,
    MinioClientConfigProvider,
    Provider,
)
from urllib3.exceptions import HTTPError

from flows.store.s3.faults import NO_CREDENTIALS, Trouble


class _OfMachine(Provider):
    """What Amazon gives to its own machines and containers; asked shortly, since elsewhere nobody answers."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(connect=1.0, read=2.0)
        self._provider = IamAwsProvider(http_client=urllib3.PoolManager(timeout=timeout, retries=False))

    def retrieve(self) -> Credentials:
        """Raises ValueError where there are none."""
        try:
            return self._provider.retrieve()
        except (HTTPError, OSError, KeyError) as error:
            raise ValueError("no credentials of this machine") from error


def credentials(*, amazon: bool) -> Provider:
    """In this order. A machine's own are asked for where they may be: with Amazon, or where the environment says so."""
    named = any(name.startswith(("AWS_CONTAINER_", "AWS_WEB_IDENTITY_")) for name in os.environ)
    return ChainedProvider(
        [
            EnvAWSProvider(),
            EnvMinioProvider(),
            AWSConfigProvider(),
            MinioClientConfigProvider(),
            *([_OfMachine()] if amazon or named else []),
        ]
    )


def check(provider: Provider) -> None:
    """Raises Trouble where there are none. They are fetched anew when they expire."""
    try:
        provider.retrieve()
    except (ValueError, OSError, HTTPError, configparser.Error):
        raise Trouble(NO_CREDENTIALS) from None  # some of these quote the file
