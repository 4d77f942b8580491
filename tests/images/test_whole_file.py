"""Files are whole or not there, and what a killed process left goes away."""

import os
import threading

import pytest

from vernier.errors import ImageError
from vernier.images.whole_file import partial_name, whole_file, write_whole


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
    with pytest.raises(ImageError, match="cannot be written") as caught:
        write_whole(tmp_path / ("x" * 256), b"whole")
    assert "\n" not in str(caught.value)
