"""Names of processors: read in one place, and nowhere by their endings."""

import re
from pathlib import Path

import pytest

from vernier.errors import UsageError
from vernier.processor_id import PRECISIONS, ProcessorId, is_integer, precision_of

SOURCE = Path(__file__).parent.parent / "src" / "vernier"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_name_says_what_it_says(precision) -> None:
    name = f"modelled:pixel-6-npu:{precision}"
    found = ProcessorId.parse(name)
    assert (found.engine, found.device, found.precision) == ("modelled", "pixel-6-npu", precision)
    assert str(found) == name
    assert precision_of(name) == precision
    assert is_integer(name) is found.is_integer is (precision == "int8")
    assert found.model_precision == ("int8" if precision == "int8" else "float32")
    assert str(found.in_precision("float16")) == "modelled:pixel-6-npu:float16"


@pytest.mark.parametrize("text", ["", "int8", "cpu:int8", "litert:cpu:int4", "a:b:c:int8"])
def test_what_is_no_name_is_refused(text) -> None:
    with pytest.raises(UsageError, match="expected a processor as ENGINE:DEVICE:PRECISION"):
        precision_of(text)


def test_nothing_else_takes_names_apart() -> None:
    by_hand = re.compile(
        r"""r?partition\(":"\)\[2\]|endswith\(f?"[a-z]*:|(removesuffix|endswith)\("int8"\)"""
    )
    # What /proc says is taken apart at colons, too; a bundle's manifest may hold anything.
    known = {
        "processor_id.py",
        "processors/machine.py",
        "profiling/kernel/recording.py",
        "bundles/checking.py",
    }
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if by_hand.search(path.read_text())
    }
    assert found <= known
