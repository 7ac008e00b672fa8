"""Deployment packages and layers: checked, unpacked once, shared read-only by environments."""

from __future__ import annotations

import base64
import hashlib
import io
import lzma
import shutil
import stat
import threading
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lambda_lab import facts
from lambda_lab.errors import PackagingError
from lambda_lab.records import FunctionSpec, LayerSpec
from lambda_lab.runtime.folders import remove_folder

__all__ = ["PackageStore", "check_zip", "code_sha256"]


UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."
_UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,  # cut off
    OSError,
    RuntimeError,  # encrypted, or packed by a method that zipfile does not know
    OverflowError,
    ValueError,
)


def code_sha256(code: bytes) -> str:
    """Return ``CodeSha256`` as AWS does: base64 of the SHA-256 of the zip.

    Examples
    --------
    >>> code_sha256(b"")
    '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def check_zip(code: bytes, already_bytes: int = 0) -> int:
    """Check that *code* is a zip AWS would take; returns its unzipped size in bytes.

    Parameters
    ----------
    code
        The archive.
    already_bytes
        Unzipped size of the layers it comes with; the limit counts them all.

    Raises
    ------
    PackagingError
        With AWS's sentence, if it is not a zip, is damaged, or is too large unzipped.
    """
    limit = int(facts.value("package.unzipped-maximum"))
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            _check_names(entries)
            if not entries:
                raise PackagingError("Uploaded file must be a non-empty zip")
            if size + already_bytes > limit:
                raise PackagingError(f"Unzipped size must be smaller than {limit} bytes")
            damaged = archive.testzip()
    except _UNREADABLE as error:
        raise PackagingError(UNREADABLE) from error
    if damaged is not None:
        raise PackagingError(UNREADABLE)
    return size


def _check_names(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive that would write outside the folder it is unpacked into.

    A link may lead where it likes: who follows it is the function, in its own root.
    """
    links = {entry.filename for entry in entries if stat.S_ISLNK(entry.external_attr >> 16)}
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if entry.filename.startswith(("/", "\\")) or ".." in parts:
            raise ValueError(f"entry outside the package: {entry.filename}")
        if any("/".join(parts[:length]) in links for length in range(1, len(parts))):
            raise ValueError(f"entry beyond a link: {entry.filename}")


UNUSED_BYTES = 1 << 30
"""What packages that no environment uses may take, unpacked. The next cold start may want them;
who uploads his code anew for each change has a full disk some day."""


@dataclass(slots=True)
class _Folder:
    """A package on disk."""

    unpacked_bytes: int
    users: int = 0


class PackageStore:
    """Unpacks packages under one folder, each content once, and removes what is long unused.

    Parameters
    ----------
    folder
        Where to unpack; the owner removes it.
    unused_bytes
        What packages that nobody uses may take; those whose last use is longest ago go first.
    """

    def __init__(self, folder: Path, unused_bytes: int = UNUSED_BYTES) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._unused_bytes = unused_bytes
        self._folders: dict[Path, _Folder] = {}
        """By path; whose last use began or ended longest ago stands first."""
        self._lock = threading.Lock()

    def task(self, spec: FunctionSpec) -> Path:
        """Return the folder with the function's own package, to be released after its use."""
        return self._used("task", [spec.code])

    def opt(self, layers: Sequence[LayerSpec]) -> Path | None:
        """Return the folder with all layers merged in order, or ``None`` without layers.

        Later layers win where names clash
        (https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html).
        """
        return self._used("opt", [layer.code for layer in layers]) if layers else None

    def release(self, *folders: Path | None) -> None:
        """Say that an environment which used these folders has ended."""
        with self._lock:
            for path in filter(None, folders):
                folder = self._folders[path] = self._folders.pop(path)
                folder.users -= 1
            self._sweep()

    def _used(self, kind: str, archives: list[bytes]) -> Path:
        digest = hashlib.sha256()
        for archive in archives:
            digest.update(hashlib.sha256(archive).digest())
        target = self._folder / f"{kind}-{digest.hexdigest()[:32]}"
        with self._lock:
            if not target.exists():  # also after somebody has tidied up temporary files
                _unpack(archives, target)
            folder = self._folders.pop(target, None) or _Folder(_size_of(target))
            self._folders[target] = folder
            folder.users += 1
        return target

    def _sweep(self) -> None:
        unused = {path: one for path, one in self._folders.items() if one.users == 0}
        taken = sum(one.unpacked_bytes for one in unused.values())
        for path, one in unused.items():
            if taken <= self._unused_bytes:
                return
            remove_folder(str(path))
            del self._folders[path]
            taken -= one.unpacked_bytes


def _unpack(archives: list[bytes], target: Path) -> None:
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for archive in archives:
        _extract(archive, partial)
    _make_read_only(partial)
    partial.rename(target)


def _size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def _extract(code: bytes, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            for entry in archive.infolist():
                _extract_entry(archive, entry, target)
    except _UNREADABLE as error:
        raise PackagingError(
            f"The package could not be unpacked: {error}. Make the zip anew and upload it again."
        ) from error


def _extract_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    path = target / entry.filename
    mode = entry.external_attr >> 16
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.resolve().is_relative_to(target.resolve()):
        raise ValueError(f"entry beyond a link: {entry.filename}")  # a link in an earlier layer
    if path.is_symlink() or path.exists():
        path.unlink()
    if stat.S_ISLNK(mode):
        path.symlink_to(archive.read(entry).decode())
        return
    with archive.open(entry) as source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    # Modes are kept, as on AWS; some tools write none at all.
    path.chmod(stat.S_IMODE(mode) | stat.S_IRUSR if mode else 0o644)


def _make_read_only(folder: Path) -> None:
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
