"""An object store as a place of raw files: S3, Google Cloud and whatever else fsspec has a package for.

Credentials and endpoints are fsspec's business (environment, or its configuration files), never a recipe's. A store
says what version an object has, so nothing is downloaded to see whether it has changed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from pipeline.errors import UserError
from pipeline.extras import install

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
_BLOCK = 1 << 22
_CONTENTS = ("ETag", "etag", "md5Hash", "content_md5", "md5", "crc32c", "checksum")
"""What stores call a hash of an object's contents; the first that is there counts."""
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created", "modified")
"""What they call the time of writing, where they give no hash."""


def is_url(pattern: str) -> bool:
    """Return whether a pattern is a URL rather than a path of this machine."""
    return "://" in pattern


def package_of(url: str) -> str | None:
    """Return the package by which fsspec reads the common stores; None for a store that it may know by itself."""
    return _PACKAGES.get(url.partition("://")[0].lower())


def find(pattern: str) -> list[tuple[str, int, str]]:
    """Return (URL, bytes, version) of the objects that fit, sorted by URL; raise UserError where there are none."""
    store, path = _store(pattern)
    try:
        if "*" in path or "?" in path or "[" in path:
            found: Mapping[str, Mapping[str, Any]] = store.glob(path, detail=True)
        else:
            found = {path: store.info(path)}
    except FileNotFoundError:
        found = {}
    except Exception as error:  # every store raises errors of its own
        raise UserError(f"{pattern}: cannot be listed: {type(error).__name__}: {error}") from error
    files = [(store.unstrip_protocol(name), info) for name, info in found.items() if info["type"] == "file"]
    if not files:
        raise UserError(f"{pattern}: {'it is a folder; write a pattern' if found else 'no object fits this'}")
    return sorted((url, int(info["size"] or 0), _version(info)) for url, info in files)


def open_object(url: str) -> BinaryIO:
    """Open an object for reading, block by block."""
    store, path = _store(url)
    return io.BufferedReader(cast(io.RawIOBase, store.open(path, "rb", block_size=_BLOCK)), _BLOCK)


def _store(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        store, path = url_to_fs(url)
    except ImportError as error:
        command = f": {install('stores')}" if package_of(url) == "s3fs" else ""
        raise UserError(f"{url}: needs a package that is not installed: {error}{command}") from error
    except ValueError as error:
        raise UserError(f"{url}: {error}") from error
    return store, path


def _version(info: Mapping[str, Any]) -> str:
    said = [f"{key}={info[key]}" for key in _CONTENTS if info.get(key)][:1]
    said = said or [f"{key}={info[key]}" for key in _TIMES if info.get(key)][:1]
    return hashlib.sha256(f"{info['size']} {said}".encode()).hexdigest()[:32]
