import os

import pytest


@pytest.mark.allocation_free
def test_exits():
    os._exit(0)
