import pytest
from contenders import CONTENDERS, NEEDS_A_DEVICE


@pytest.fixture(params=CONTENDERS)
def method(request):
    found = CONTENDERS[request.param]
    present, detail = found.availability()
    if not present:
        assert request.param in NEEDS_A_DEVICE, "the others need nothing"
        pytest.skip(detail)
    return found
