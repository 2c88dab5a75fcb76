"""Packages that only some sources need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hedgebook.errors import PriceDataError


def package(name: str, *, extra: str | None, purpose: str) -> Any:
    """The module of a package that is installed only by those who use it.

    extra: the extra of hedgebook that installs it, None where hedgebook itself does. Raises PriceDataError, which says
    how to install it, where it is missing.
    """
    try:
        return import_module(name)
    except ImportError:
        command = f'pip install "hedgebook[{extra}]"' if extra else f"pip install {name.partition('.')[0]}"
        raise PriceDataError(
            f"{purpose} needs the package {name.partition('.')[0]}, which is not installed",
            where="prices",
            remedy=f"Install it: {command}",
        ) from None
