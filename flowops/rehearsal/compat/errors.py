"""Errors as AWS words them."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):  # type: ignore[misc]
    """An error code of the service and its message; status and form come from the service's API description.

    It stands outside moto on purpose: moto reads the service's name from the module of an exception of its own.
    """
