"""`vernier profile` and what it hands to `vernier export`."""

import json

import pytest

PAIR = "litert:cpu:float32,litert:cpu:int8"


@pytest.fixture
def profile(vernier, tmp_path):
    path = tmp_path / "profile.json"
    code, _, err = vernier(
        "profile", "sesr-m3", "--size", "24x16", "--quick", "--threads", 1, "-o", path,
        "--processors", PAIR,
    )  # fmt: skip
    assert code == 0, err
    return path


def test_by_default_what_pays_here_is_profiled_and_the_rest_is_told(vernier, tmp_path):
    path = tmp_path / "auto.json"
    code, _, err = vernier(
        "profile", "sesr-m3", "--size", "48x64", "--quick", "--threads", 1, "-o", path
    )
    assert code == 0, err
    found = json.loads(path.read_text())
    names, left_out = found["processors"], found["settings"]["left_out"]
    # Whatever this machine has, something computes in float32, and of two ways to do so one loses.
    assert any(name.endswith(":float32") for name in names)
    assert not set(names) & set(left_out)
    from vernier.processors.discovery import present_processors

    assert set(names) | set(left_out) == {str(one.id) for one in present_processors()}
    for name, reason in left_out.items():
        assert f"left out {name}: {reason}" in err
    assert f"profiled {', '.join(names)}" in vernier("profile", "show", path)[1]


def test_a_profile_can_be_shown_compared_merged_and_scaled(vernier, tmp_path, profile):
    code, out, _ = vernier("profile", "show", profile)
    assert code == 0
    assert "sesr-m3 x2 at 24x16" in out
    assert "modelled" not in out
    code, out, _ = vernier("profile", "diff", profile, profile, "--json")
    assert code == 0
    assert not any(row["clear"] for row in json.loads(out))
    assert vernier("profile", "merge", profile, profile, "-o", tmp_path / "merged.json")[0] == 0
    other = tmp_path / "other.json"
    vernier("profile", "sesr-m3", "--size", "24x32", "--quick", "--threads", 1, "-o", other,
            "--processors", PAIR)  # fmt: skip
    code, _, err = vernier(
        "profile", "scale", profile, other, "--size", "48x64", "-o", tmp_path / "scaled.json"
    )
    assert code == 0, err
    code, out, _ = vernier("profile", "show", tmp_path / "scaled.json")
    assert "modelled (a line through 24x16 and 24x32)" in out


def test_a_profile_is_not_overwritten(vernier, profile):
    before = profile.read_bytes()
    code, _, err = vernier("profile", "sesr-m3", "--size", "24x16", "-o", profile)
    assert code == 2
    assert "--overwrite" in err
    assert profile.read_bytes() == before


def test_a_split_says_what_it_should_take(vernier, tmp_path):
    path, split = tmp_path / "modelled.json", tmp_path / "split.json"
    names = "modelled:pixel-6-gpu:float16,modelled:pixel-6-npu:int8"
    code, _, err = vernier("profile", "sesr-m5", "--processors", names, "-o", path)
    assert code == 0
    assert "modelled, not measured" in err
    first = names.split(",")[0]
    vernier("units", "sesr-m5", "-o", split, "--processor", first)
    ranges = tmp_path / "ranges.json"
    from vernier.networks.shipped import FOLDER

    ranges.write_bytes((FOLDER / "sesr-m5-x2" / "ranges.json").read_bytes())
    code, out, err = vernier(
        "export", "sesr-m5", "--split", split, "--profile", path, "--ranges", ranges,
        "-o", tmp_path / "bundle",
    )  # fmt: skip
    assert code == 0, err
    assert "modelled" in out
    code, out, _ = vernier("inspect", tmp_path / "bundle")
    assert "FYE-SR's published times of a Pixel 6" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile", "sesr-m5", "--processors", "modelled:abacus:int8", "-o", "p.json"),
        ("profile", "sesr-m5", "--processors",
         "litert:cpu:float32,modelled:pixel-6-npu:int8", "-o", "p.json"),
        ("profile", "sesr-m5", "--quick", "--precise", "-o", "p.json"),
        ("profile", "sesr-m5", "--size", "0x5", "-o", "p.json"),
        ("profile", "show", "nowhere.json"),
        ("profile", "trace", "nowhere.txt"),
        ("profile", "sesr-m5", "--device", "usb:1", "-o", "p.json"),
        ("profile", "sesr-m5", "--device", "adb:1", "-o", "p.json"),
        ("profile", "sesr-m5", "--benchmark-binary", "b", "-o", "p.json"),
        ("export", "sesr-m5", "--profile", "nowhere.json", "-o", "b"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_two(vernier, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, _, err = vernier(*arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


TRACE = """\
 benchmark_mode-12001 (12001) [004] .... 96105.100000: tracing_mark_write: B|12001|Invoke
 benchmark_mode-12001 (12001) [004] .... 96105.100200: fastrpc_rpmsg_send: cid=3 ctx=0x5b size=40
   kworker/u17:2-231   (  231) [002] .... 96105.105000: fastrpc_rpmsg_response: cid=3 ctx=0x5b
 benchmark_mode-12001 (12001) [004] .... 96105.105300: tracing_mark_write: E|12001
"""


def test_a_kernels_trace_is_summed_up(vernier, tmp_path):
    path = tmp_path / "trace.txt"
    path.write_text(TRACE)
    code, out, err = vernier("profile", "trace", path, "--json")
    assert code == 0, err
    found = {row["kind"]: row for row in json.loads(out)["spans"]}
    assert found["mark"]["name"] == "Invoke"
    assert found["remote call"]["median_ms"] == pytest.approx(4.8)
    assert "fastrpc_rpmsg_send" in vernier("profile", "trace", path)[1]
    path.write_text("nothing")
    code, _, err = vernier("profile", "trace", path)
    assert code == 2
    assert "found no event" in err
