"""Files are whole or not there, and what a killed process left goes away."""

import json
import os
import stat
import threading
from pathlib import Path

import msgspec
import pytest

from vernier.errors import BundleError, FileError
from vernier.files import (
    from_json,
    partial_name,
    read_json,
    to_json,
    whole_file,
    whole_folder,
    write_whole,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_whatever_ends_it(tmp_path, error):
    target = tmp_path / "a.png"
    write_whole(target, b"before")

    def write():
        with whole_file(target) as file:
            file.write(b"half")
            assert len(names(tmp_path)) == 2
            raise error

    with pytest.raises(error):
        write()
    assert names(tmp_path) == ["a.png"]
    assert target.read_bytes() == b"before"


def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path):
    target = tmp_path / "a.png"
    child = os.fork()
    if child == 0:
        with whole_file(target) as file:
            file.write(b"long" * 1000)
            file.flush()
            os._exit(9)
    os.waitpid(child, 0)
    assert names(tmp_path) == [partial_name("a.png")]
    write_whole(target, b"whole")
    assert names(tmp_path) == ["a.png"]
    assert target.read_bytes() == b"whole"


def test_one_that_is_being_written_is_left_alone(tmp_path):
    target = tmp_path / "a.png"
    with whole_file(target) as slow:
        slow.write(b"slow")
        write_whole(target, b"fast")
        assert target.read_bytes() == b"fast"
    assert names(tmp_path) == ["a.png"]
    assert target.read_bytes() == b"slow"


def test_many_writers_of_one_file(tmp_path):
    target = tmp_path / "a.png"
    contents = [bytes([number]) * 10_000 for number in range(16)]
    threads = [threading.Thread(target=write_whole, args=(target, c)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(tmp_path) == ["a.png"]
    assert target.read_bytes() in contents


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (tmp_path / partial_name("a.png")).symlink_to(precious)
    write_whole(tmp_path / "a.png", b"whole")
    assert precious.read_bytes() == b"precious"
    assert (tmp_path / "a.png").read_bytes() == b"whole"
    assert not (tmp_path / "a.png").is_symlink()
    os.link(precious, tmp_path / partial_name("b.png"))
    write_whole(tmp_path / "b.png", b"whole")
    assert precious.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "name", ["x" * 251 + ".png", "\u6f22" * 83 + ".jpg", "\u6f22" * 84 + "jpg"]
)
def test_the_longest_names_that_a_file_system_takes(tmp_path, name):
    assert len(os.fsencode(name)) <= 255
    write_whole(tmp_path / name, b"whole")
    assert names(tmp_path) == [name]
    assert len(os.fsencode(partial_name(name))) < 255
    assert partial_name(name) != partial_name(name[:-1] + "x")


def test_a_name_beyond_is_one_line(tmp_path):
    with pytest.raises(FileError, match="cannot be written") as caught:
        write_whole(tmp_path / ("x" * 256), b"whole")
    assert "\n" not in str(caught.value)


def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    target.write_bytes(b"before")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        write_whole(target, b"after")
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_the_name_appears_with_the_whole_file_only(tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    seen = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append(target.exists()), sync(fd)))
    write_whole(target, b"whole")
    assert seen == [False]
    assert target.read_bytes() == b"whole"


def test_permissions_are_the_umask_s(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a.png", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_is_there_is_replaced_only_when_allowed(tmp_path, links, monkeypatch):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "no links")))
    target = tmp_path / "a.png"
    write_whole(target, b"one", overwrite=False)
    with pytest.raises(FileError, match="exists already"):
        write_whole(target, b"two", overwrite=False)
    assert target.read_bytes() == b"one"
    write_whole(target, b"two", overwrite=True)
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


def test_through_a_link_the_file_is_replaced_not_the_link(tmp_path):
    (tmp_path / "real.png").write_bytes(b"one")
    (tmp_path / "link.png").symlink_to("real.png")
    write_whole(tmp_path / "link.png", b"two")
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real.png").read_bytes() == b"two"


def test_missing_folder_and_folder_as_file(tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        write_whole(tmp_path / "no" / "a.png", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        write_whole(tmp_path / "folder", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_device_is_written_to_and_stays():
    write_whole(Path(os.devnull), b"x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_text_is_utf_8(tmp_path):
    write_whole(tmp_path / "a.txt", "façade\n")
    assert (tmp_path / "a.txt").read_bytes() == "façade\n".encode()


def test_a_folder_appears_whole_or_stays_as_it_was(tmp_path):
    target = tmp_path / "deep" / "result"
    with whole_folder(target) as folder:
        (folder / "a").write_text("one")
        assert not target.exists()
    assert stat.S_IMODE(target.stat().st_mode) & 0o700 == 0o700

    def half():
        with whole_folder(target) as folder:
            (folder / "b").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert names(target) == ["a"]
    with whole_folder(target) as folder:
        (folder / "b").write_text("two")
    assert names(target) == ["b"]
    assert names(target.parent) == ["result"]
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"), whole_folder(tmp_path / "file" / "x"):
        pass


class Place(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class Places(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    places: tuple[Place, ...]


def test_json_comes_back_as_it_went(tmp_path):
    value = Places(2, (Place("first"), Place("zweiter ß")))
    write_whole(tmp_path / "p.json", to_json(value))
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))["format"] == 2
    assert read_json(tmp_path / "p.json", Places, "list of places", 2) == value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a list of places"),
        (b"\xff\xfe", "not a list of places"),
        (b"[]", "not a list of places"),
        (b"{", "not a list of places"),
        (b"[" * 100_000, "not a list of places"),
        (b'{"places": []}', r"required field `format`"),
        (b'{"format": 1, "places": [{"name": 3}]}', r"\$\.places\[0\]\.name"),
        (b'{"format": 1, "places": [], "more": 1}', "unknown field `more`"),
        # Of a later format is said first, whatever else such a file holds.
        (
            b'{"format": 3, "rooms": {}}',
            "the list of places has format 3, this Vernier reads up to 2",
        ),
    ],
)
def test_what_is_no_such_json_is_one_line(tmp_path, content, message):
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        read_json(tmp_path / "p.json", Places, "list of places", 2)
    assert str(caught.value).startswith(f"{tmp_path / 'p.json'}: ")
    assert "\n" not in str(caught.value)
    with pytest.raises(BundleError, match=message):
        from_json(content, Places, "here", "list of places", 2, BundleError)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(FileError, match=r"p\.json: cannot be read \(No such file"):
        read_json(tmp_path / "p.json", Places, "list of places")
