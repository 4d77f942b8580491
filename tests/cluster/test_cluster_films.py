"""A film on a cluster, whose head and machines are killed: the film of one process, bit by bit.

Encoded by FFV1, whose packets do not depend on how an encoder's threads take turns.
"""

import pytest
from clips import make_film, packet_bytes, video_times
from ray_nodes import LONGEST_S, Nodes, wait_for

from vernier.video.boundaries import stretches
from vernier.video.converting import video
from vernier.video.journal import journal_folder
from vernier.video.probing import probe

PROCESSOR = "litert:cpu:float32"
FRAMES = 420


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """With B-frames, key frames at odd places, and sound."""
    return make_film(
        tmp_path_factory.mktemp("film") / "film.mp4",
        width=160, height=120, frames=FRAMES, audio=1, options={"g": "53", "bf": "2"},
    )  # fmt: skip


def test_segments_are_those_of_one_process(film, tmp_path):
    target = tmp_path / "large.mkv"
    alone = video(film, target, processor=PROCESSOR, codec="ffv1")
    found = stretches(probe(film), None, None, None)
    assert sum(stretch.frames for stretch in found) == alone.frames == FRAMES
    assert len(found) >= 6

    nodes = Nodes(tmp_path)
    shared = tmp_path / "cluster.mkv"
    folder = journal_folder(shared)
    arguments = ("video", film, "-o", shared, "--codec", "ffv1", "--processor", PROCESSOR)
    try:
        head, first = nodes.head(), nodes.node()
        with nodes.command(*arguments) as command:
            try:
                wait_for(lambda: len(list(folder.glob("*.packets"))) >= 2)
                nodes.kill(head)
                nodes.kill(first)
                command.wait(LONGEST_S)
            finally:
                command.kill()
        assert command.returncode != 0
        done = {f: f.stat().st_mtime_ns for f in folder.glob("*.packets")}
        assert 2 <= len(done) < len(found)
        nodes.head()
        nodes.node()
        nodes.node()
        code, said = nodes.run(*arguments)
        assert code == 0, said
        assert said.count(": computes") >= 1
    finally:
        nodes.close()
    for kind in ("video", "audio"):
        assert packet_bytes(shared, kind) == packet_bytes(target, kind)
    assert video_times(shared) == video_times(target)
    assert not folder.exists()
