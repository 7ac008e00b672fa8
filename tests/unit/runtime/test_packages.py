"""Archives: what is taken, what is refused, and where it is unpacked."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from lambda_lab import facts
from lambda_lab.deploy import make_zip
from lambda_lab.errors import PackagingError
from lambda_lab.records import FunctionSpec, LayerSpec
from lambda_lab.runtime.packages import UNREADABLE, PackageStore, check_zip, code_sha256


def archive(*entries: tuple[str, str, int]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, text, mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            opened.writestr(entry, text)
    return target.getvalue()


def spec(code: bytes) -> FunctionSpec:
    return FunctionSpec(
        "1", "r", "f", "$LATEST", "arn", "1", "python3.14", "a.b", "", code_sha256(code), code
    )


@pytest.fixture
def store(tmp_path: Path) -> PackageStore:
    return PackageStore(tmp_path / "packages")


def test_the_size_is_that_of_what_comes_out() -> None:
    assert check_zip(make_zip({"a": "x" * 1000, "b": "y" * 24})) == 1024


def test_the_limit_counts_layers() -> None:
    code, limit = make_zip({"a": "x" * 1000}), int(facts.value("package.unzipped-maximum"))
    assert check_zip(code, limit - 1000) == 1000
    with pytest.raises(PackagingError, match="Unzipped size must be smaller than"):
        check_zip(code, limit - 999)


GOOD = make_zip({"a.py": "x = 1\n" * 50})
LINK = stat.S_IFLNK | 0o777


@pytest.mark.parametrize(
    "code",
    [b"", b"no", GOOD[:-30], GOOD[30:60], GOOD.replace(b"a.py", b"../a"),
     archive(("/a", "", 0)), archive(("a/../../b", "", 0)), archive(("..\\b", "", 0)),
     archive(("l", "/etc", LINK), ("l/x", "", 0)), archive(("l/x", "", 0), ("l", "..", LINK)),
     archive(("a", "content", 0)).replace(b"content", b"CONTENT")],
)  # fmt: skip
def test_what_cannot_be_unpacked_is_refused(code: bytes) -> None:
    with pytest.raises(PackagingError) as refused:
        check_zip(code)
    assert str(refused.value) == UNREADABLE


def test_every_single_damaged_byte_is_survived(store: PackageStore) -> None:
    """Whatever is wrong, it is a PackagingError or it is not wrong enough to matter."""
    for place in range(len(GOOD)):
        code = bytearray(GOOD)
        code[place] ^= 0xFF
        try:
            check_zip(bytes(code))
            store.task(spec(bytes(code)))
        except PackagingError:
            continue


def test_an_encrypted_package_is_refused() -> None:
    code = bytearray(GOOD)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        code[code.index(magic) + offset] |= 1
    with pytest.raises(PackagingError):
        check_zip(bytes(code))


def test_nothing_in_it() -> None:
    with pytest.raises(PackagingError, match="Uploaded file must be a non-empty zip"):
        check_zip(archive())


def test_each_content_is_unpacked_once(store: PackageStore) -> None:
    first = store.task(spec(GOOD))
    assert store.task(spec(GOOD)) == first
    assert store.task(spec(make_zip({"a.py": "x = 2"}))) != first
    assert (first / "a.py").read_text().startswith("x = 1")


def test_what_nobody_uses_any_more_goes_when_it_takes_too_much(tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "packages", unused_bytes=250)
    versions = [spec(make_zip({"a.py": letter * 100})) for letter in "abcd"]
    folders = [store.task(version) for version in versions]
    for folder in folders[:3]:
        store.release(folder)
    assert [folder.exists() for folder in folders] == [False, True, True, True]
    assert store.task(versions[1]) == folders[1]  # used again: what was used before it goes first
    store.release(folders[1])
    store.release(folders[3])
    assert [folder.exists() for folder in folders] == [False, True, False, True]
    assert store.task(versions[0]) == folders[0]  # unpacked once more
    assert (folders[0] / "a.py").read_text().startswith("aaa")


def test_what_two_use_stays_until_both_have_ended(tmp_path: Path) -> None:
    store = PackageStore(tmp_path / "packages", unused_bytes=0)
    first, second = store.task(spec(GOOD)), store.task(spec(GOOD))
    store.release(first)
    assert second.exists()
    store.release(second)
    assert not second.exists()


def test_it_is_read_only_and_modes_are_kept(store: PackageStore) -> None:
    code = archive(("run", "#!", 0o100755), ("plain", "", 0o100644), ("closed", "", 0o100000))
    task = store.task(spec(code))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in task.iterdir()}
    assert modes == {"run": 0o555, "plain": 0o444, "closed": 0o400}


def test_links_and_folders(store: PackageStore) -> None:
    code = archive(("empty/", "", 0), ("a/b", "x", 0), ("link", "a/b", LINK), ("out", "/x", LINK))
    task = store.task(spec(code))
    assert (task / "empty").is_dir()
    assert (task / "link").read_text() == "x"
    assert (task / "out").is_symlink()


def test_later_layers_win(store: PackageStore) -> None:
    layers = [
        LayerSpec("arn:1", "", make_zip({"both": "1", "one": "1"})),
        LayerSpec("arn:2", "", make_zip({"both": "2"})),
    ]
    opt = store.opt(layers)
    assert opt is not None
    assert {path.name: path.read_text() for path in opt.iterdir()} == {"both": "2", "one": "1"}
    assert store.opt([]) is None
    assert store.opt(layers[::-1]) != opt


def test_a_layer_cannot_write_through_a_link_of_another(
    store: PackageStore, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    layers = [
        LayerSpec("arn:1", "", archive(("l", str(outside), LINK))),
        LayerSpec("arn:2", "", make_zip({"l/x": "1"})),
    ]
    with pytest.raises(PackagingError):
        store.opt(layers)
    assert list(outside.iterdir()) == []
